-- One row per publisher that is a body of the register: by its id, its title or its
-- abbreviation.
{{ config(materialized='table') }}

with payment_lines as (
    select * from {{ ref('int_commercial__payment_lines') }}
),

organisation_names as (
    select * from {{ ref('int_machinery_of_government__organisation_names') }}
),

publishers as (
    select distinct publisher_id from payment_lines
),

known_ids as (
    select
        organisation_id,
        {{ publisher_key('organisation_id') }} as publisher_id,
        min(preference) as preference
    from organisation_names
    group by organisation_id
    union all
    select
        organisation_id,
        {{ publisher_key('name_key') }} as publisher_id,
        preference + 10 as preference
    from organisation_names
),

candidates as (
    select
        publishers.publisher_id,
        known_ids.organisation_id,
        min(known_ids.preference) as preference
    from publishers
    inner join known_ids on publishers.publisher_id = known_ids.publisher_id
    group by publishers.publisher_id, known_ids.organisation_id
),

final as (
    select
        publisher_id,
        arg_min(organisation_id, preference) as organisation_id
    from candidates
    group by publisher_id
)

select * from final
