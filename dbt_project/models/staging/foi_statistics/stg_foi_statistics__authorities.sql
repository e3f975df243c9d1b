-- One row per authority and file that lists it.
with authorities as (
    select * from {{ source('landing', 'foi_statistics__authorities') }}
),

final as (
    select
        {{ single_spaced('government_body') }} as government_body,
        {{ single_spaced('authority') }} as other_authority,
        {{ single_spaced('former_name') }} as former_name,
        {{ single_spaced('sector') }} as sector,
        _source_file as source_file,
        _line as line,
        authority_number
    from authorities
)

select * from final
