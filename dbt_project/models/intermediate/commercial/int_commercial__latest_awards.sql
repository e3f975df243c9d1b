-- One row per award: of several reports of it the one that was changed last counts.
with awards as (
    select * from {{ ref('stg_grants_register__awards') }}
),

ranked as (
    select
        *,
        count(*) over (partition by award_id) as report_count,
        row_number() over (
            partition by award_id
            order by last_modified_at desc nulls last, source_file desc, line desc
        ) as recency
    from awards
),

final as (
    select * exclude (recency)
    from ranked
    where recency = 1
)

select * from final
