-- One row per distinct line of a ledger that no monthly file reports. A monthly file
-- reports it if it has a payment of the same publisher, date, amount and supplier.
with named_lines as (
    select *
    from {{ ref('int_commercial__named_lines') }}
    where reported_in = 'ledger'
),

monthly_payments as (
    select distinct
        publisher_id,
        supplier_key,
        amount_gbp,
        payment_date
    from {{ ref('int_commercial__monthly_payments') }}
),

final as (
    select
        {{ payment_id('named_lines.source_file') }} as payment_id,
        named_lines.publisher_id,
        named_lines.publisher_organisation_id,
        named_lines.organisation_id,
        named_lines.supplier_key,
        named_lines.entity_name,
        named_lines.supplier_name,
        named_lines.expense_type,
        named_lines.expense_area,
        named_lines.transaction_number,
        named_lines.reported_in,
        named_lines.match_method,
        named_lines.source_file,
        named_lines.match_score,
        named_lines.line_count,
        named_lines.amount_gbp,
        named_lines.is_supplier_redacted,
        named_lines.payment_date,
        named_lines.payment_month
    from named_lines
    where not exists (
        select 1
        from monthly_payments
        where
            named_lines.publisher_id = monthly_payments.publisher_id
            and named_lines.supplier_key = monthly_payments.supplier_key
            and named_lines.amount_gbp = monthly_payments.amount_gbp
            and named_lines.payment_date = monthly_payments.payment_date
    )
)

select * from final
