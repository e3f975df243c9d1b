-- One row per body that belongs to a department today, by parents and successors.
with current_states as (
    select * from {{ ref('int_machinery_of_government__current_states') }}
),

directions as (
    select
        current_states.organisation_id,
        current_states.is_department,
        {{ next_organisation(
            'current_states', "current_states.status = 'closed'"
        ) }} as next_id
    from current_states
),

states as (
    select
        directions.organisation_id,
        current_states.organisation_id as next_id,
        directions.is_department,
        date '9999-12-31' as as_of
    from directions
    left join current_states on directions.next_id = current_states.organisation_id
),

departments as (
    {{ department_walk('states') }}
),

final as (
    select
        organisation_id,
        department_id
    from departments
)

select * from final
