-- One row per distinct line that a department reports of its schemes in a year.
with grant_lines as (
    select * from {{ ref('int_commercial__grant_lines') }}
),

grant_givers as (
    select * from {{ ref('int_commercial__grant_givers') }}
),

final as (
    select
        grant_lines.scheme_line_id,
        grant_givers.organisation_id,
        grant_lines.department_name,
        grant_lines.scheme_name,
        grant_lines.grant_category,
        grant_lines.allocation_method,
        grant_lines.recipient_sectors,
        grant_lines.published_recipient_count,
        grant_lines.government_function,
        grant_lines.financial_year,
        coalesce(grant_givers.match_method, 'unmatched') as match_method,
        grant_lines.source_file,
        grant_givers.match_score,
        grant_lines.line_count,
        grant_lines.recipient_count,
        grant_lines.amount_gbp,
        grant_lines.financial_year_end_date
    from grant_lines
    left join grant_givers on grant_lines.department_name = grant_givers.name
)

select * from final
