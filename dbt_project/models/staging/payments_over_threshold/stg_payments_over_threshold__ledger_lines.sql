-- One row per distinct line of a publisher's ledger.
with ledger_lines as (
    select * from {{ source('landing', 'payments_over_threshold__ledger_lines') }}
),

final as (
    select
        {{ publisher_key('publisher') }} as publisher_id,
        unit as published_entity,
        supplier as published_supplier,
        _source_file as source_file,
        _line_count as line_count,
        amount as amount_gbp,
        payment_date,
        cast(date_trunc('month', payment_date) as date) as payment_month
    from ledger_lines
)

select * from final
