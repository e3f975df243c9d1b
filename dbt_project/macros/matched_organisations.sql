{#- Which body of the register each name means, by the first rule that decides:
    1. the title of one body, 2. its abbreviation, 3. a title that it once had; where two bodies
    share it, the one that still exists; 4. the one body with a very similar title.
    A name that means several bodies equally stays without one: nothing is guessed.

    `names` has `name_key`; `register_names` is int_machinery_of_government__organisation_names.
    One row per name that could be resolved: name_key, organisation_id, match_method, match_score. -#}
{% macro matched_organisations(names, register_names) %}
    with wanted as (
        select distinct name_key from {{ names }} where name_key is not null
    ),

    equal_names as (
        select
            wanted.name_key,
            register_names.organisation_id,
            min(register_names.preference) as preference
        from wanted
        inner join {{ register_names }} as register_names
            on wanted.name_key = register_names.name_key
        group by wanted.name_key, register_names.organisation_id
    ),

    best_preferences as (
        select
            name_key,
            min(preference) as preference
        from equal_names
        group by name_key
    ),

    equal_matches as (
        select
            equal_names.name_key,
            min(equal_names.organisation_id) as organisation_id,
            case
                when min(equal_names.preference) < 20 then 'title'
                when min(equal_names.preference) < 30 then 'abbreviation'
                else 'former_title'
            end as match_method,
            cast(1 as decimal(4, 3)) as match_score
        from equal_names
        inner join best_preferences
            on
                equal_names.name_key = best_preferences.name_key
                and equal_names.preference = best_preferences.preference
        group by equal_names.name_key
        having count(*) = 1
    ),

    unknown_names as (
        select wanted.name_key
        from wanted
        left join best_preferences on wanted.name_key = best_preferences.name_key
        where best_preferences.name_key is null and length(wanted.name_key) >= 8
    ),

    titles as (
        select distinct
            organisation_id,
            name_key
        from {{ register_names }}
        where name_kind <> 'abbreviation'
    ),

    similar_titles as (
        select
            unknown_names.name_key,
            titles.organisation_id,
            max(jaro_winkler_similarity(unknown_names.name_key, titles.name_key)) as score
        from unknown_names
        inner join titles
            on jaro_winkler_similarity(unknown_names.name_key, titles.name_key) >= 0.95
        group by unknown_names.name_key, titles.organisation_id
    ),

    similar_matches as (
        select
            name_key,
            min(organisation_id) as organisation_id,
            'similar_title' as match_method,
            cast(max(score) as decimal(4, 3)) as match_score
        from similar_titles
        group by name_key
        having count(*) = 1
    )

    select * from equal_matches
    union all
    select * from similar_matches
{% endmacro %}
