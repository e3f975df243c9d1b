-- One row per financial year and body that belonged to a department on the year's last
-- day. Before the register's first snapshot, its first words on a body stand for what
-- was before.
{{ config(materialized='table') }}

with organisation_history as (
    select * from {{ ref('stg_ports__organisation_history') }}
),

financial_years as (
    select * from {{ ref('int_insight__financial_years') }}
),

periods_in_force as (
    select
        organisation_history.organisation_id,
        financial_years.year_end_date as as_of,
        coalesce(
            max(organisation_history.valid_from) filter (
                where organisation_history.valid_from <= financial_years.year_end_date
            ),
            min(organisation_history.valid_from)
        ) as valid_from
    from organisation_history
    cross join financial_years
    group by organisation_history.organisation_id, financial_years.year_end_date
),

standings as (
    select
        organisation_history.*,
        periods_in_force.as_of,
        organisation_history.status = 'closed'
        and coalesce(organisation_history.closed_date, periods_in_force.as_of)
        <= periods_in_force.as_of as is_closed_then,
        {{ is_department('organisation_history.organisation_type') }} as is_department
    from periods_in_force
    inner join organisation_history
        on
            periods_in_force.organisation_id = organisation_history.organisation_id
            and periods_in_force.valid_from = organisation_history.valid_from
),

directions as (
    select
        standings.organisation_id,
        standings.is_department,
        standings.as_of,
        {{ next_organisation('standings', 'is_closed_then') }} as next_id
    from standings
),

states as (
    select
        directions.organisation_id,
        known.organisation_id as next_id,
        directions.is_department,
        directions.as_of
    from directions
    left join directions as known
        on directions.as_of = known.as_of and directions.next_id = known.organisation_id
),

departments as (
    {{ department_walk('states') }}
),

final as (
    select
        departments.organisation_id,
        departments.department_id,
        standings.name as department_name,
        departments.as_of
    from departments
    inner join standings
        on
            departments.department_id = standings.organisation_id
            and departments.as_of = standings.as_of
)

select * from final
