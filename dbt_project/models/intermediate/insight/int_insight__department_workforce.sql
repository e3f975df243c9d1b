-- One row per financial year and department, and one per year for the bodies whose
-- department is not known. A body that the register does not know counts with the
-- department it names.
with monthly_workforce as (
    select * from {{ ref('int_insight__monthly_workforce') }}
),

yearly_departments as (
    select * from {{ ref('int_insight__yearly_departments') }}
),

monthly as (
    select
        coalesce(
            by_body.department_id, by_department.department_id
        ) as department_id,
        monthly_workforce.year_end,
        monthly_workforce.month,
        sum(monthly_workforce.headcount) as headcount,
        sum(monthly_workforce.paybill_gbp) as paybill_gbp,
        count(distinct monthly_workforce.body) as bodies
    from monthly_workforce
    left join yearly_departments as by_body
        on
            monthly_workforce.organisation_id = by_body.organisation_id
            and make_date(monthly_workforce.year_end, 3, 31) = by_body.as_of
    left join yearly_departments as by_department
        on
            monthly_workforce.department_organisation_id = by_department.organisation_id
            and make_date(monthly_workforce.year_end, 3, 31) = by_department.as_of
    group by
        coalesce(by_body.department_id, by_department.department_id),
        monthly_workforce.year_end,
        monthly_workforce.month
),

final as (
    select
        department_id,
        year_end,
        avg(headcount) as average_headcount,
        sum(headcount) as headcount_months,
        sum(paybill_gbp) as paybill_gbp,
        max(bodies) as body_count,
        count(*) as months_reported,
        max(month) as latest_month
    from monthly
    group by department_id, year_end
)

select * from final
