-- One row per project and report date: of several files, the one that reports most
-- projects of that date counts.
with judged_lines as (
    select * from {{ ref('int_delivery__judged_lines') }}
),

file_sizes as (
    select
        source_file,
        report_date,
        count(*) as project_count
    from judged_lines
    group by source_file, report_date
),

lines_with_figures as (
    select
        *,
        concat_ws(
            chr(31),
            coalesce(delivery_confidence, rating_status),
            coalesce(cast(start_date as varchar), start_date_status),
            coalesce(cast(end_date as varchar), end_date_status),
            coalesce(cast(year_baseline_gbp as varchar), year_baseline_status),
            coalesce(cast(year_forecast_gbp as varchar), year_forecast_status),
            coalesce(cast(whole_life_cost_gbp as varchar), whole_life_cost_status)
        ) as all_figures
    from judged_lines
),

figures as (
    select
        lines_with_figures.*,
        file_sizes.project_count
    from lines_with_figures
    inner join file_sizes
        on
            lines_with_figures.source_file = file_sizes.source_file
            and lines_with_figures.report_date = file_sizes.report_date
),

ranked as (
    select
        *,
        count(*) over reports as report_count,
        min(all_figures) over reports <> max(all_figures) over reports
            as has_conflicting_reports,
        row_number() over (
            partition by project_id, report_date
            order by project_count desc, source_file desc, line desc
        ) as place
    from figures
    window reports as (partition by project_id, report_date)
),

final as (
    select * exclude (project_count, all_figures, place)
    from ranked
    where place = 1
)

select * from final
