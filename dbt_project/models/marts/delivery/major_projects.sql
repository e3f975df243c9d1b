-- One row per project and report date.
with project_reports as (
    select * from {{ ref('int_delivery__project_reports') }}
),

departments as (
    select * from {{ ref('int_delivery__departments') }}
),

final as (
    select
        project_reports.project_id,
        departments.organisation_id,
        project_reports.project_name,
        project_reports.department_code,
        project_reports.category,
        project_reports.description,
        project_reports.delivery_confidence,
        project_reports.rated_by,
        project_reports.rating_status,
        project_reports.start_date_status,
        project_reports.end_date_status,
        project_reports.year_baseline_status,
        project_reports.year_forecast_status,
        project_reports.whole_life_cost_status,
        project_reports.benefits_status,
        project_reports.exemption_sections,
        project_reports.rating_commentary,
        project_reports.schedule_commentary,
        project_reports.budget_commentary,
        project_reports.cost_commentary,
        project_reports.benefits_commentary,
        coalesce(departments.match_method, 'unmatched') as match_method,
        project_reports.source_file,
        departments.match_score,
        cast(project_reports.report_count as integer) as report_count,
        project_reports.year_baseline_gbp,
        project_reports.year_forecast_gbp,
        project_reports.year_variance_percent,
        project_reports.whole_life_cost_gbp,
        project_reports.benefits_gbp,
        project_reports.has_conflicting_reports,
        project_reports.start_date,
        project_reports.end_date,
        project_reports.report_date
    from project_reports
    left join departments
        on project_reports.department_code = departments.department_code
)

select * from final
