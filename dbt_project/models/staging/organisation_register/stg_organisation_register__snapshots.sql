-- One row per body and snapshot, as a file of the register lists it.
with register_snapshots as (
    select * from {{ source('landing', 'organisation_register__register_snapshots') }}
),

final as (
    select
        organisation_id,
        trim(name) as name,
        nullif(trim(abbreviation), '') as abbreviation,
        trim(organisation_type) as organisation_type,
        lower(trim(status)) as status,
        nullif(lower(trim(closed_reason)), '') as closed_reason,
        nullif(trim(parent_organisation_ids), '') as parent_organisation_ids,
        nullif(
            trim(superseded_by_organisation_ids), ''
        ) as superseded_by_organisation_ids,
        _source_file as source_file,
        try_cast(left(closed_at, 10) as date) as closed_date,
        snapshot_date
    from register_snapshots
)

select * from final
