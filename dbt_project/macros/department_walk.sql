{#- The department that each body belongs to at each date: a closed body leads to its only
    successor, any other body to its first parent, until a department is reached.

    `states` has one row per `as_of` and body: organisation_id, next_id (where the walk goes on;
    null where it ends) and is_department. One row per `as_of` and body whose walk ends at a
    department: as_of, organisation_id, department_id. Walks in circles end nowhere. -#}
{% macro department_walk(states) %}
    with recursive steps as (
        select
            as_of,
            organisation_id,
            organisation_id as place_id,
            0 as step
        from {{ states }}
        union all
        select
            steps.as_of,
            steps.organisation_id,
            here.next_id as place_id,
            steps.step + 1 as step
        from steps
        inner join {{ states }} as here
            on steps.as_of = here.as_of and steps.place_id = here.organisation_id
        where here.next_id is not null and steps.step < 15
    )

    select
        steps.as_of,
        steps.organisation_id,
        steps.place_id as department_id
    from steps
    inner join {{ states }} as ends
        on steps.as_of = ends.as_of and steps.place_id = ends.organisation_id
    where ends.next_id is null and ends.is_department
{% endmacro %}
