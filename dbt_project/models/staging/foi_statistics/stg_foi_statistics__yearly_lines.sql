-- One row per authority outside central government, year and line of a file. Without a
-- return for the year it has neither a number nor values.
with yearly_lines as (
    select * from {{ source('landing', 'foi_statistics__yearly_lines') }}
),

final as (
    select
        'foisa-' || coalesce(
            cast(authority_number as varchar),
            replace({{ organisation_key('authority') }}, ' ', '-')
        ) as authority_id,
        {{ single_spaced('authority') }} as authority_name,
        {{ single_spaced('sector') }} as sector,
        cast(year as varchar) as period,
        _source_file as source_file,
        _line as line,
        {{ foi_values('foisa') }} as measured
    from yearly_lines
)

select * from final
