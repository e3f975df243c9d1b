-- One row per financial year: how much of what was reported belongs to a known
-- department.
with department_workforce as (
    select * from {{ ref('int_insight__department_workforce') }}
),

department_payments as (
    select * from {{ ref('int_insight__department_payments') }}
),

workforce_rates as (
    select
        year_end,
        100.0
        * coalesce(
            sum(headcount_months) filter (where department_id is not null), 0
        )
        / nullif(sum(headcount_months), 0) as workforce_match_percent
    from department_workforce
    group by year_end
),

payment_rates as (
    select
        year_end,
        100.0 * coalesce(sum(line_count) filter (where department_id is not null), 0)
        / nullif(sum(line_count), 0) as payments_match_percent
    from department_payments
    group by year_end
),

final as (
    select
        coalesce(workforce_rates.year_end, payment_rates.year_end) as year_end,
        workforce_rates.workforce_match_percent,
        payment_rates.payments_match_percent
    from workforce_rates
    full outer join payment_rates on workforce_rates.year_end = payment_rates.year_end
)

select * from final
