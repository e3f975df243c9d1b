-- One row per body of central government, period and line of a file.
with quarterly_lines as (
    select * from {{ source('landing', 'foi_statistics__quarterly_lines') }}
),

final as (
    select
        {{ single_spaced('authority') }} as authority_name,
        {{ foi_period('period') }} as period,
        _source_file as source_file,
        _line as line,
        {{ foi_values('foia') }} as measured
    from quarterly_lines
)

select * from final
