-- One row per body and period, as published.
with organisation_history as (
    select * from {{ source('ports', 'machinery_of_government__organisation_history') }}
),

final as (
    select
        organisation_id,
        name,
        abbreviation,
        organisation_type,
        status,
        parent_organisation_ids,
        superseded_by_organisation_ids,
        closed_date,
        valid_from,
        valid_to
    from organisation_history
)

select * from final
