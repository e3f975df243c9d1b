-- One row per publisher and month: ledger lines that a monthly file reports too, so that they are
-- not counted a second time.
with named_lines as (
    select * from {{ ref('int_commercial__named_lines') }}
),

reported_payments as (
    select * from {{ ref('int_commercial__reported_payments') }}
),

final as (
    select
        named_lines.publisher_id,
        sum(named_lines.line_count) as line_count,
        sum(named_lines.line_count * named_lines.amount_gbp) as amount_gbp,
        named_lines.payment_month
    from named_lines
    inner join reported_payments
        on
            named_lines.publisher_id = reported_payments.publisher_id
            and named_lines.supplier_key = reported_payments.supplier_key
            and named_lines.amount_gbp = reported_payments.amount_gbp
            and named_lines.payment_date = reported_payments.payment_date
    where named_lines.reported_in = 'ledger'
    group by named_lines.publisher_id, named_lines.payment_month
)

select * from final
