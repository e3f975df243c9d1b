-- One row per department's short form in the reports that the register knows.
{{ config(materialized='table') }}

with report_lines as (
    select * from {{ ref('stg_major_projects_portfolio__report_lines') }}
),

codes as (
    select distinct department_code from report_lines
),

keyed as (
    select
        department_code,
        {{ organisation_key('department_code') }} as published_key,
        {{ name_in_register(organisation_key('department_code')) }} as name_key
    from codes
),

matches as (
    {{ matched_organisations(
        'keyed', ref('int_machinery_of_government__organisation_names')
    ) }}
),

final as (
    select
        keyed.department_code,
        matches.organisation_id,
        case
            when keyed.published_key <> keyed.name_key then 'known_alias'
            else matches.match_method
        end as match_method,
        matches.match_score
    from keyed
    inner join matches on keyed.name_key = matches.name_key
)

select * from final
