-- One row per financial year and department, and one per year for payments whose
-- department is not known. A body that leads to no department counts with the
-- department of its publisher.
with yearly_payments as (
    select * from {{ ref('int_insight__yearly_payments') }}
),

yearly_departments as (
    select * from {{ ref('int_insight__yearly_departments') }}
),

final as (
    select
        coalesce(by_body.department_id, by_publisher.department_id) as department_id,
        yearly_payments.year_end,
        sum(yearly_payments.line_count) as line_count,
        sum(yearly_payments.amount_gbp) as amount_gbp,
        max(yearly_payments.latest_month) as latest_month
    from yearly_payments
    left join yearly_departments as by_body
        on
            yearly_payments.organisation_id = by_body.organisation_id
            and make_date(yearly_payments.year_end, 3, 31) = by_body.as_of
    left join yearly_departments as by_publisher
        on
            yearly_payments.publisher_organisation_id = by_publisher.organisation_id
            and make_date(yearly_payments.year_end, 3, 31) = by_publisher.as_of
    group by
        coalesce(by_body.department_id, by_publisher.department_id),
        yearly_payments.year_end
)

select * from final
