-- One row per column of the statistics and file that lists it.
with measures as (
    select * from {{ source('landing', 'foi_statistics__measures') }}
),

final as (
    select
        {{ single_spaced('label') }} as label,
        {{ single_spaced('part_of') }} as part_of,
        _source_file as source_file,
        _line as line
    from measures
)

select * from final
