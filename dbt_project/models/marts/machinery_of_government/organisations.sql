-- One row per body that the register has ever listed.
with current_states as (
    select * from {{ ref('int_machinery_of_government__current_states') }}
),

current_departments as (
    select * from {{ ref('int_machinery_of_government__current_departments') }}
),

final as (
    select
        current_states.organisation_id,
        current_departments.department_id,
        current_states.name,
        current_states.abbreviation,
        current_states.organisation_type,
        current_states.status,
        current_states.closed_reason,
        current_states.parent_organisation_ids,
        current_states.superseded_by_organisation_ids,
        current_states.is_listed,
        current_states.closed_date,
        current_states.first_listed_date,
        current_states.last_changed_date,
        current_states.last_listed_date
    from current_states
    left join current_departments
        on current_states.organisation_id = current_departments.organisation_id
)

select * from final
