-- One row per body and month of a monthly return.
with monthly_returns as (
    select * from {{ source('landing', 'workforce_returns__monthly_returns') }}
),

final as (
    select
        trim(regexp_replace(body, '\s+', ' ', 'g')) as body_name,
        trim(regexp_replace(department, '\s+', ' ', 'g')) as department_name,
        trim(organisation_type) as organisation_type,
        _source_file as source_file,
        _line as line,
        headcount,
        full_time_equivalent,
        paybill_gbp,
        {{ month_of('year', 'month_name') }} as month
    from monthly_returns
)

select * from final
