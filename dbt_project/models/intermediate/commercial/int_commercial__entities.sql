-- One row per publisher, kind of source and entity name as published, with the body
-- that paid.
{{ config(materialized='table') }}

with payment_lines as (
    select * from {{ ref('int_commercial__payment_lines') }}
),

publishers as (
    select * from {{ ref('int_commercial__publishers') }}
),

published_entities as (
    select distinct
        publisher_id,
        reported_in,
        published_entity
    from payment_lines
),

named_entities as (
    select
        publisher_id,
        reported_in,
        published_entity,
        nullif(
            trim(regexp_replace(published_entity, '\s+', ' ', 'g')), ''
        ) as entity_name,
        {{ organisation_key('published_entity') }} as name_key
    from published_entities
),

-- Only a publisher of the register has bodies of the register; a council's `HR` is
-- none.
names_to_match as (
    select named_entities.name_key
    from named_entities
    inner join publishers on named_entities.publisher_id = publishers.publisher_id
),

matches as (
    {{ matched_organisations(
        'names_to_match', ref('int_machinery_of_government__organisation_names')
    ) }}
),

judged as (
    select
        named_entities.publisher_id,
        named_entities.reported_in,
        named_entities.published_entity,
        named_entities.entity_name,
        publishers.organisation_id as publisher_organisation_id,
        matches.organisation_id,
        matches.match_score,
        case
            when publishers.organisation_id is null then 'not_in_register'
            when matches.match_method is not null then matches.match_method
            when named_entities.name_key is null then 'publisher'
            when named_entities.reported_in = 'ledger' then 'publisher'
            else 'unmatched'
        end as match_method
    from named_entities
    left join publishers on named_entities.publisher_id = publishers.publisher_id
    left join matches on named_entities.name_key = matches.name_key
),

final as (
    select
        publisher_id,
        publisher_organisation_id,
        case
            when match_method = 'publisher' then publisher_organisation_id
            when match_method <> 'not_in_register' then organisation_id
        end as organisation_id,
        reported_in,
        published_entity,
        entity_name,
        match_method,
        case
            when match_method not in ('publisher', 'not_in_register') then match_score
        end as match_score
    from judged
)

select * from final
