-- One row per project and report file, with its rating and, for each figure, whether it
-- is published or why not.
with report_lines as (
    select * from {{ ref('stg_major_projects_portfolio__report_lines') }}
),

-- Either the infrastructure authority rates a project or its own senior owner does.
rated as (
    select
        *,
        coalesce(
            {{ confidence_rating('ipa_rating_text') }},
            {{ confidence_rating('sro_rating_text') }}
        ) as delivery_confidence,
        case
            when {{ confidence_rating('ipa_rating_text') }} is not null then 'ipa'
            when {{ confidence_rating('sro_rating_text') }} is not null then 'sro'
        end as rated_by,
        coalesce(ipa_rating_text, sro_rating_text) as rating_text
    from report_lines
),

final as (
    select
        project_id,
        project_name,
        department_code,
        category,
        description,
        delivery_confidence,
        rated_by,
        {{ figure_status('delivery_confidence', 'rating_text') }} as rating_status,
        {{ figure_status('start_date', 'start_date_text') }} as start_date_status,
        {{ figure_status('end_date', 'end_date_text') }} as end_date_status,
        {{ figure_status('year_baseline_gbp', 'year_baseline_text') }}
            as year_baseline_status,
        {{ figure_status('year_forecast_gbp', 'year_forecast_text') }}
            as year_forecast_status,
        {{ figure_status('whole_life_cost_gbp', 'whole_life_cost_text') }}
            as whole_life_cost_status,
        {{ figure_status('benefits_gbp', 'benefits_text') }} as benefits_status,
        {{ exemption_sections([
            'rating_text',
            'start_date_text',
            'end_date_text',
            'year_baseline_text',
            'year_forecast_text',
            'whole_life_cost_text',
            'benefits_text',
        ]) }} as exemption_sections,
        rating_commentary,
        schedule_commentary,
        budget_commentary,
        cost_commentary,
        benefits_commentary,
        source_file,
        line,
        year_baseline_gbp,
        year_forecast_gbp,
        year_variance_percent,
        whole_life_cost_gbp,
        benefits_gbp,
        start_date,
        end_date,
        report_date
    from rated
)

select * from final
