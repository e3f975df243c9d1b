-- One row per body that the register has ever listed, with what it last said.
with periods as (
    select * from {{ ref('int_machinery_of_government__organisation_periods') }}
),

snapshots as (
    select * from {{ ref('stg_organisation_register__snapshots') }}
),

complete_snapshots as (
    select * from {{ ref('int_machinery_of_government__complete_snapshots') }}
),

last_mentions as (
    select
        snapshots.organisation_id,
        max(snapshots.snapshot_date) as last_listed_date
    from snapshots
    inner join complete_snapshots
        on snapshots.snapshot_date = complete_snapshots.snapshot_date
    group by snapshots.organisation_id
),

spans as (
    select
        organisation_id,
        min(valid_from) as first_listed_date,
        max(valid_from) as last_changed_date
    from periods
    group by organisation_id
),

final as (
    select
        periods.organisation_id,
        periods.name,
        periods.abbreviation,
        periods.organisation_type,
        periods.status,
        periods.closed_reason,
        periods.parent_organisation_ids,
        periods.superseded_by_organisation_ids,
        periods.valid_to is null as is_listed,
        {{ is_department('periods.organisation_type') }} as is_department,
        periods.closed_date,
        spans.first_listed_date,
        spans.last_changed_date,
        last_mentions.last_listed_date
    from periods
    inner join spans
        on
            periods.organisation_id = spans.organisation_id
            and periods.valid_from = spans.last_changed_date
    inner join last_mentions on periods.organisation_id = last_mentions.organisation_id
)

select * from final
