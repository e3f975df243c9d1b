-- One row per authority, period and measure. Of several lines the last one of the
-- latest file counts.
with foi_values as (
    select * from {{ ref('int_transparency__foi_values') }}
),

measures as (
    select * from {{ ref('int_transparency__measures') }}
),

all_time_lines as (
    select * from {{ ref('stg_foi_statistics__all_time_lines') }}
),

ranked as (
    select
        *,
        count(*) over (partition by authority_id, period, measure) as line_count,
        row_number() over (
            partition by authority_id, period, measure
            order by source_file desc, line desc
        ) as recency
    from foi_values
    where period is not null
),

final as (
    select
        ranked.authority_id,
        ranked.organisation_id,
        ranked.authority_name,
        ranked.sector,
        ranked.law,
        ranked.period,
        case when length(ranked.period) = 4 then 'year' else 'quarter' end
            as period_type,
        ranked.measure,
        measures.label as measure_label,
        measures.part_of,
        ranked.match_method,
        ranked.source_file,
        cast(ranked.match_score as decimal(4, 3)) as match_score,
        ranked.amount,
        all_time_lines.requests_received as collector_total,
        cast(ranked.line_count - 1 as integer) as superseded_count,
        {{ foi_period_start('ranked.period') }} as period_start_date,
        {{ foi_period_end('ranked.period') }} as period_end_date
    from ranked
    inner join measures
        on ranked.law = measures.law and ranked.measure = measures.measure
    left join all_time_lines
        on
            ranked.authority_id = all_time_lines.authority_id
            and ranked.law = 'foisa'
            and ranked.measure = 'requests_received'
    where ranked.recency = 1
)

select * from final
