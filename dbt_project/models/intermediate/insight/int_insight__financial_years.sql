-- One row per financial year, April to March, in which anything was paid or reported.
with payments as (
    select * from {{ ref('stg_ports__payments') }}
),

workforce_monthly as (
    select * from {{ ref('stg_ports__workforce_monthly') }}
),

years as (
    select distinct {{ financial_year('payment_month') }} as year_end from payments
    union
    select distinct {{ financial_year('month') }} as year_end from workforce_monthly
),

final as (
    select
        {{ financial_year_label('year_end') }} as financial_year,
        year_end,
        make_date(year_end, 3, 31) as year_end_date
    from years
)

select * from final
