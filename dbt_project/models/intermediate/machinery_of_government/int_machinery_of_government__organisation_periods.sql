-- One row per body and period [valid_from, valid_to) in which the register said the
-- same of it.
with snapshots as (
    select * from {{ ref('stg_organisation_register__snapshots') }}
),

complete_snapshots as (
    select * from {{ ref('int_machinery_of_government__complete_snapshots') }}
),

-- A day may be in two files, the history and the newest list: they say the same.
listed_once as (
    select
        snapshots.*,
        row_number() over (
            partition by snapshots.organisation_id, snapshots.snapshot_date
            order by snapshots.source_file
        ) as mention
    from snapshots
    inner join complete_snapshots
        on snapshots.snapshot_date = complete_snapshots.snapshot_date
),

compared as (
    select
        organisation_id,
        name,
        abbreviation,
        organisation_type,
        status,
        closed_reason,
        parent_organisation_ids,
        superseded_by_organisation_ids,
        closed_date,
        snapshot_date,
        concat_ws(
            chr(31),
            name,
            coalesce(abbreviation, ''),
            organisation_type,
            status,
            coalesce(closed_reason, ''),
            coalesce(parent_organisation_ids, ''),
            coalesce(superseded_by_organisation_ids, ''),
            coalesce(cast(closed_date as varchar), '')
        ) as facts
    from listed_once
    where mention = 1
),

changes as (
    select
        *,
        coalesce(
            facts <> lag(facts) over (
                partition by organisation_id
                order by snapshot_date
            ),
            true
        ) as is_change
    from compared
),

last_mentions as (
    select
        organisation_id,
        max(snapshot_date) as last_snapshot
    from compared
    group by organisation_id
),

-- A body that is missing from a snapshot and comes back was not gone: its period goes
-- on.
removals as (
    select
        last_mentions.organisation_id,
        min(complete_snapshots.snapshot_date) as removed_date
    from last_mentions
    inner join complete_snapshots
        on last_mentions.last_snapshot < complete_snapshots.snapshot_date
    group by last_mentions.organisation_id
),

final as (
    select
        changes.organisation_id,
        changes.name,
        changes.abbreviation,
        changes.organisation_type,
        changes.status,
        changes.closed_reason,
        changes.parent_organisation_ids,
        changes.superseded_by_organisation_ids,
        changes.closed_date,
        changes.snapshot_date as valid_from,
        coalesce(
            lead(changes.snapshot_date) over (
                partition by changes.organisation_id
                order by changes.snapshot_date
            ),
            removals.removed_date
        ) as valid_to
    from changes
    left join removals on changes.organisation_id = removals.organisation_id
    where changes.is_change
)

select * from final
