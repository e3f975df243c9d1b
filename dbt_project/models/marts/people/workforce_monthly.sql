-- One row per body, month and measure. Of several returns the latest counts: a body's
-- own return before a collected one, then the later file, then the later line.
with workforce_values as (
    select * from {{ ref('int_people__workforce_values') }}
),

bodies as (
    select * from {{ ref('int_people__bodies') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by body_id, month, measure
            order by is_own_return desc, source_file desc, line desc
        ) as recency,
        count(*) over (partition by body_id, month, measure) as returns
    from workforce_values
    where reason_left_out is null
),

final as (
    select
        ranked.body_id,
        own_body.organisation_id,
        own_department.organisation_id as department_organisation_id,
        ranked.body_name,
        ranked.department_name,
        ranked.organisation_type,
        ranked.measure,
        coalesce(own_body.match_method, 'unmatched') as match_method,
        ranked.source_file,
        own_body.match_score,
        cast(ranked.amount as decimal(18, 2)) as amount,
        cast(ranked.returns - 1 as integer) as superseded_count,
        ranked.month
    from ranked
    left join bodies as own_body on ranked.body_name = own_body.name
    left join bodies as own_department on ranked.department_name = own_department.name
    where ranked.recency = 1
)

select * from final
