-- One row per monthly payment whose like a ledger has too: how many ledger lines were
-- left out for it. Of several monthly payments that are alike, the first stands for
-- all.
with named_lines as (
    select *
    from {{ ref('int_commercial__named_lines') }}
    where reported_in = 'ledger'
),

monthly_payments as (
    select
        publisher_id,
        supplier_key,
        min(payment_id) as payment_id,
        amount_gbp,
        payment_date
    from {{ ref('int_commercial__monthly_payments') }}
    group by publisher_id, supplier_key, amount_gbp, payment_date
),

final as (
    select
        monthly_payments.payment_id,
        sum(named_lines.line_count) as ledger_line_count
    from named_lines
    inner join monthly_payments
        on
            named_lines.publisher_id = monthly_payments.publisher_id
            and named_lines.supplier_key = monthly_payments.supplier_key
            and named_lines.amount_gbp = monthly_payments.amount_gbp
            and named_lines.payment_date = monthly_payments.payment_date
    group by monthly_payments.payment_id
)

select * from final
