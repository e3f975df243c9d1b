-- One row per learning record and file that reports it.
with learning_records as (
    select * from {{ source('landing', 'learning_system__learning_records') }}
),

final as (
    select
        trim(record_id) as record_id,
        trim(staff_id) as staff_id,
        trim(department) as department_name,
        trim(grade) as grade,
        upper(trim(course_code)) as course_code,
        trim(course_title) as course_title,
        lower(trim(course_type)) as course_type,
        lower(trim(result)) as result,
        _source_file as source_file,
        _line as line,
        hours,
        completed_on as completed_date
    from learning_records
)

select * from final
