-- One row per payment that a monthly file reports, as a ledger can be compared with it.
with named_lines as (
    select * from {{ ref('int_commercial__named_lines') }}
),

final as (
    select distinct
        publisher_id,
        supplier_key,
        amount_gbp,
        payment_date
    from named_lines
    where
        reported_in = 'monthly_file'
        and {{ changed_period('payment_date', 'commercial.payments') }}
)

select * from final
