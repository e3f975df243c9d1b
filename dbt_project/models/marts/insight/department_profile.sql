-- One row per department and financial year.
with financial_years as (
    select * from {{ ref('int_insight__financial_years') }}
),

yearly_departments as (
    select * from {{ ref('int_insight__yearly_departments') }}
),

department_workforce as (
    select * from {{ ref('int_insight__department_workforce') }}
),

department_payments as (
    select * from {{ ref('int_insight__department_payments') }}
),

match_rates as (
    select * from {{ ref('int_insight__match_rates') }}
),

department_names as (
    select distinct
        department_id,
        department_name,
        as_of
    from yearly_departments
),

reported as (
    select
        department_id,
        year_end
    from department_workforce
    where department_id is not null
    union
    select
        department_id,
        year_end
    from department_payments
    where department_id is not null
),

final as (
    select
        reported.department_id,
        department_names.department_name,
        financial_years.financial_year,
        cast(
            department_workforce.average_headcount as decimal(18, 1)
        ) as average_headcount,
        cast(department_workforce.paybill_gbp as decimal(18, 2)) as paybill_gbp,
        cast(department_payments.amount_gbp as decimal(18, 2)) as payments_gbp,
        cast(department_payments.line_count as bigint) as payment_line_count,
        cast(coalesce(department_workforce.body_count, 0) as integer) as body_count,
        cast(
            coalesce(department_workforce.months_reported, 0) as integer
        ) as workforce_months_reported,
        cast(
            match_rates.workforce_match_percent as decimal(5, 2)
        ) as workforce_match_percent,
        cast(
            match_rates.payments_match_percent as decimal(5, 2)
        ) as payments_match_percent,
        greatest(
            department_workforce.latest_month,
            department_payments.latest_month
        ) as latest_month,
        financial_years.year_end_date
    from reported
    inner join financial_years on reported.year_end = financial_years.year_end
    inner join department_names
        on
            reported.department_id = department_names.department_id
            and financial_years.year_end_date = department_names.as_of
    left join department_workforce
        on
            reported.department_id = department_workforce.department_id
            and reported.year_end = department_workforce.year_end
    left join department_payments
        on
            reported.department_id = department_payments.department_id
            and reported.year_end = department_payments.year_end
    left join match_rates on reported.year_end = match_rates.year_end
)

select * from final
