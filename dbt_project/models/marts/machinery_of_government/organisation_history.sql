-- One row per body and period [valid_from, valid_to).
with periods as (
    select * from {{ ref('int_machinery_of_government__organisation_periods') }}
),

final as (
    select
        organisation_id,
        name,
        abbreviation,
        organisation_type,
        status,
        closed_reason,
        parent_organisation_ids,
        superseded_by_organisation_ids,
        valid_to is null as is_current,
        closed_date,
        valid_from,
        valid_to
    from periods
)

select * from final
