-- One row per authority with the collector's own total over all years.
with all_time_lines as (
    select * from {{ source('landing', 'foi_statistics__all_time_lines') }}
),

final as (
    select
        'foisa-' || authority_number as authority_id,
        requests_received
    from all_time_lines
)

select * from final
