-- One row per project and report file, amounts in pounds. Where a figure is not given,
-- its text says why.
with report_lines as (
    select * from {{ source('landing', 'major_projects_portfolio__report_lines') }}
),

final as (
    select
        upper(trim(project_id)) as project_id,
        {{ single_spaced('project_name') }} as project_name,
        upper(trim(department)) as department_code,
        {{ single_spaced('category') }} as category,
        {{ single_spaced('description') }} as description,
        {{ single_spaced('ipa_rating') }} as ipa_rating_text,
        {{ single_spaced('sro_rating') }} as sro_rating_text,
        {{ single_spaced('start_date') }} as start_date_text,
        {{ single_spaced('end_date') }} as end_date_text,
        {{ single_spaced('year_baseline') }} as year_baseline_text,
        {{ single_spaced('year_forecast') }} as year_forecast_text,
        {{ single_spaced('whole_life_cost') }} as whole_life_cost_text,
        {{ single_spaced('benefits') }} as benefits_text,
        {{ single_spaced('rating_commentary') }} as rating_commentary,
        {{ single_spaced('schedule_commentary') }} as schedule_commentary,
        {{ single_spaced('budget_commentary') }} as budget_commentary,
        {{ single_spaced('cost_commentary') }} as cost_commentary,
        {{ single_spaced('benefits_commentary') }} as benefits_commentary,
        _source_file as source_file,
        _line as line,
        {{ pounds_of_millions('year_baseline') }} as year_baseline_gbp,
        {{ pounds_of_millions('year_forecast') }} as year_forecast_gbp,
        cast({{ written_number('year_variance') }} as decimal(18, 2))
            as year_variance_percent,
        {{ pounds_of_millions('whole_life_cost') }} as whole_life_cost_gbp,
        {{ pounds_of_millions('benefits') }} as benefits_gbp,
        try_cast(trim(start_date) as date) as start_date,
        try_cast(trim(end_date) as date) as end_date,
        last_day(report_month) as report_date
    from report_lines
)

select * from final
