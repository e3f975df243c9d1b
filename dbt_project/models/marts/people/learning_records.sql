-- One row per learning record, without names: the staff number is replaced by a
-- pseudonym, made with a key that is no part of this project. The newest file's word on
-- a record counts.
with learning_records as (
    select * from {{ ref('stg_learning_system__learning_records') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by record_id
            order by source_file desc, line desc
        ) as recency
    from learning_records
),

final as (
    select
        record_id,
        {{ pseudonym('staff_id') }} as staff_id,
        department_name,
        grade,
        course_code,
        course_title,
        course_type,
        result,
        cast(hours as decimal(6, 2)) as hours,
        completed_date
    from ranked
    where recency = 1
)

select * from final
