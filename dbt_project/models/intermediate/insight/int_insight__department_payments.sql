-- One row per financial year and department, and one per year for payments whose department is
-- not known.
with yearly_payments as (
    select * from {{ ref('int_insight__yearly_payments') }}
),

yearly_departments as (
    select * from {{ ref('int_insight__yearly_departments') }}
),

final as (
    select
        yearly_departments.department_id,
        yearly_payments.year_end,
        sum(yearly_payments.line_count) as line_count,
        sum(yearly_payments.amount_gbp) as amount_gbp,
        max(yearly_payments.latest_month) as latest_month
    from yearly_payments
    left join yearly_departments
        on
            yearly_payments.organisation_id = yearly_departments.organisation_id
            and make_date(yearly_payments.year_end, 3, 31) = yearly_departments.as_of
    group by yearly_departments.department_id, yearly_payments.year_end
)

select * from final
