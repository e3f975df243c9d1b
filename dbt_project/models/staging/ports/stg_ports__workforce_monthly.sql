-- One row per body, month and measure, as published.
with workforce_monthly as (
    select * from {{ source('ports', 'people__workforce_monthly') }}
),

final as (
    select
        body_id,
        organisation_id,
        department_organisation_id,
        measure,
        amount,
        month
    from workforce_monthly
)

select * from final
