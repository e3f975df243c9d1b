-- One row per collected value: a body, a month, a group of staff or costs, and a
-- measure.
with collected_values as (
    select * from {{ source('landing', 'workforce_returns__collected_values') }}
),

final as (
    select
        trim(regexp_replace(body, '\s+', ' ', 'g')) as body_name,
        trim(regexp_replace(department, '\s+', ' ', 'g')) as department_name,
        trim(organisation_type) as organisation_type,
        value_group,
        value_subgroup,
        value_measure,
        _source_file as source_file,
        _line as line,
        value as amount,
        {{ month_of('year', 'month_name') }} as month
    from collected_values
)

select * from final
