-- One row per body and month: headcount and paybill side by side. A body that reports
-- under two names in a month is counted once, with the larger number.
with workforce_monthly as (
    select * from {{ ref('stg_ports__workforce_monthly') }}
),

bodies as (
    select
        coalesce(organisation_id, body_id) as body,
        min(organisation_id) as organisation_id,
        min(department_organisation_id) as department_organisation_id,
        max(amount) filter (where measure = 'headcount') as headcount,
        max(amount) filter (where measure = 'paybill_gbp') as paybill_gbp,
        month
    from workforce_monthly
    group by coalesce(organisation_id, body_id), month
),

final as (
    select
        body,
        organisation_id,
        department_organisation_id,
        {{ financial_year('month') }} as year_end,
        headcount,
        paybill_gbp,
        month
    from bodies
)

select * from final
