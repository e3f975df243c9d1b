-- One row per body and name that it bears or once bore. The lower the preference, the
-- sooner the name means this body: 1x title, 2x abbreviation, 3x former title; x is 1
-- for a closed body.
{{ config(materialized='table') }}

with organisation_history as (
    select * from {{ ref('stg_ports__organisation_history') }}
),

newest_periods as (
    select
        organisation_id,
        max(valid_from) as valid_from
    from organisation_history
    group by organisation_id
),

named as (
    select
        organisation_history.organisation_id,
        organisation_history.name,
        organisation_history.abbreviation,
        newest_periods.organisation_id is not null as is_newest,
        newest_periods.organisation_id is not null
        and (
            organisation_history.status = 'closed'
            or organisation_history.valid_to is not null
        ) as is_closed
    from organisation_history
    left join newest_periods
        on
            organisation_history.organisation_id = newest_periods.organisation_id
            and organisation_history.valid_from = newest_periods.valid_from
),

closures as (
    select
        organisation_id,
        cast(bool_or(is_closed) as integer) as closed
    from named
    group by organisation_id
),

names as (
    select
        organisation_id,
        name,
        case when is_newest then 'title' else 'former_title' end as name_kind,
        case when is_newest then 10 else 30 end as preference
    from named
    union all
    select
        organisation_id,
        abbreviation as name,
        'abbreviation' as name_kind,
        20 as preference
    from named
    where abbreviation is not null
    union all
    -- The id is made of the first title that the register knew, and outlives it.
    select distinct
        organisation_id,
        replace(organisation_id, '-', ' ') as name,
        'former_title' as name_kind,
        30 as preference
    from named
),

keyed as (
    select
        organisation_id,
        {{ organisation_key('name') }} as name_key,
        name_kind,
        preference
    from names
),

final as (
    select
        keyed.organisation_id,
        keyed.name_key,
        arg_min(keyed.name_kind, keyed.preference) as name_kind,
        min(keyed.preference + closures.closed) as preference
    from keyed
    inner join closures on keyed.organisation_id = closures.organisation_id
    where keyed.name_key is not null
    group by keyed.organisation_id, keyed.name_key
)

select * from final
