-- One row per name of a department in the register of grants that the register of
-- bodies knows.
{{ config(materialized='table') }}

with scheme_lines as (
    select * from {{ ref('stg_grants_register__scheme_lines') }}
),

awards as (
    select * from {{ ref('stg_grants_register__awards') }}
),

names as (
    select distinct department_name as name from scheme_lines
    union
    select distinct funder_name as name from awards
),

keyed as (
    select
        name,
        {{ organisation_key('name') }} as published_key,
        {{ name_in_register(organisation_key('name')) }} as name_key
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
        case
            when keyed.published_key <> keyed.name_key then 'known_alias'
            else matches.match_method
        end as match_method,
        matches.match_score
    from keyed
    inner join matches on keyed.name_key = matches.name_key
)

select * from final
