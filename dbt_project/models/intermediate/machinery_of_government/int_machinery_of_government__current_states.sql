-- One row per body that the register has ever listed, with what it last said.
with periods as (
    select * from {{ ref('int_machinery_of_government__organisation_periods') }}
),

spans as (
    select
        organisation_id,
        min(valid_from) as first_listed_date,
        max(valid_from) as last_changed_date
    from periods
    group by organisation_id
),

final as (
    select
        periods.organisation_id,
        periods.name,
        periods.abbreviation,
        periods.organisation_type,
        periods.status,
        periods.closed_reason,
        periods.parent_organisation_ids,
        periods.superseded_by_organisation_ids,
        periods.valid_to is null as is_listed,
        {{ is_department('periods.organisation_type') }} as is_department,
        periods.closed_date,
        spans.first_listed_date,
        spans.last_changed_date
    from periods
    inner join spans
        on
            periods.organisation_id = spans.organisation_id
            and periods.valid_from = spans.last_changed_date
)

select * from final
