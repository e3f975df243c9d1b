-- One row per complete snapshot of the register. A snapshot with fewer than 80% of the
-- bodies of the largest one before it, or of the one after it, was cut off and is left
-- out.
with snapshots as (
    select * from {{ ref('stg_organisation_register__snapshots') }}
),

sizes as (
    select
        snapshot_date,
        count(distinct organisation_id) as bodies
    from snapshots
    group by snapshot_date
),

neighbours as (
    select
        snapshot_date,
        bodies,
        coalesce(max(bodies) over (
            order by snapshot_date
            rows between unbounded preceding and 1 preceding
        ), 0) as most_before,
        coalesce(lead(bodies) over (order by snapshot_date), 0) as next_bodies
    from sizes
),

final as (
    select
        bodies,
        snapshot_date
    from neighbours
    where bodies >= 0.8 * greatest(most_before, next_bodies)
)

select * from final
