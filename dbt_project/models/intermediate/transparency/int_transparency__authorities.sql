-- One row per name of a body of central government in the statistics, with its sector
-- and the body of the register.
{{ config(materialized='table') }}

with quarterly_lines as (
    select * from {{ ref('stg_foi_statistics__quarterly_lines') }}
),

authorities as (
    select * from {{ ref('stg_foi_statistics__authorities') }}
),

names as (
    select distinct authority_name from quarterly_lines
),

keyed as (
    select
        authority_name,
        {{ organisation_key('authority_name') }} as published_key,
        {{ name_in_register(organisation_key('authority_name')) }} as name_key
    from names
),

matches as (
    {{ matched_organisations(
        'keyed', ref('int_machinery_of_government__organisation_names')
    ) }}
),

-- The collector's list knows an authority by its present name and one before.
sectors as (
    select
        name_key,
        min(sector) as sector
    from (
        select
            {{ organisation_key('government_body') }} as name_key,
            sector
        from authorities
        union all
        select
            {{ organisation_key('former_name') }} as name_key,
            sector
        from authorities
    )
    where name_key is not null
    group by name_key
),

final as (
    select
        replace(keyed.published_key, ' ', '-') as authority_id,
        matches.organisation_id,
        keyed.authority_name,
        sectors.sector,
        case
            when matches.match_method is null then 'unmatched'
            when keyed.published_key <> keyed.name_key then 'known_alias'
            else matches.match_method
        end as match_method,
        matches.match_score
    from keyed
    left join matches on keyed.name_key = matches.name_key
    left join sectors on keyed.published_key = sectors.name_key
)

select * from final
