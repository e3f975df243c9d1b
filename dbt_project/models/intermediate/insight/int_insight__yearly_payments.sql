-- One row per financial year, publisher of the register and body that paid; the body is
-- empty where it is not known.
with payments as (
    select * from {{ ref('stg_ports__payments') }}
),

final as (
    select
        publisher_organisation_id,
        organisation_id,
        {{ financial_year('payment_month') }} as year_end,
        sum(line_count) as line_count,
        sum(line_count * amount_gbp) as amount_gbp,
        max(payment_month) as latest_month
    from payments
    where match_method <> 'not_in_register'
    group by
        publisher_organisation_id,
        organisation_id,
        {{ financial_year('payment_month') }}
)

select * from final
