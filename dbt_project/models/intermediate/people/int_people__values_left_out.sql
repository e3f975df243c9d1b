-- One row per reason and measure: how many values of returns are not in
-- workforce_monthly.
with workforce_values as (
    select * from {{ ref('int_people__workforce_values') }}
),

final as (
    select
        reason_left_out,
        measure,
        count(*) as value_count
    from workforce_values
    where reason_left_out is not null
    group by reason_left_out, measure
)

select * from final
