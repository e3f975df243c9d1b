-- One row per distinct line of a monthly file.
with monthly_files as (
    select * from {{ source('landing', 'payments_over_threshold__monthly_files') }}
),

final as (
    select
        {{ publisher_key('publisher') }} as publisher_id,
        entity as published_entity,
        supplier as published_supplier,
        expense_type,
        expense_area,
        transaction_number,
        _source_file as source_file,
        _line_count as line_count,
        amount as amount_gbp,
        payment_date,
        cast(date_trunc('month', payment_date) as date) as payment_month
    from monthly_files
)

select * from final
