-- One row per name of a body or department in the returns that the register knows.
{{ config(materialized='table') }}

with workforce_values as (
    select * from {{ ref('int_people__workforce_values') }}
),

names as (
    select distinct body_name as name from workforce_values
    union
    select distinct department_name as name from workforce_values
),

keyed as (
    select
        name,
        {{ organisation_key('name') }} as name_key
    from names
    where name is not null
),

matches as (
    {{ matched_organisations(
        'keyed', ref('int_machinery_of_government__organisation_names')
    ) }}
),

final as (
    select
        keyed.name,
        matches.organisation_id,
        matches.match_method,
        matches.match_score
    from keyed
    inner join matches on keyed.name_key = matches.name_key
)

select * from final
