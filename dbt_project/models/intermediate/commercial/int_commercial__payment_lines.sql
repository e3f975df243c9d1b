-- One row per distinct line of a source file, monthly or ledger, in one shape.
with monthly_lines as (
    select * from {{ ref('stg_payments_over_threshold__monthly_lines') }}
),

ledger_lines as (
    select * from {{ ref('stg_payments_over_threshold__ledger_lines') }}
),

final as (
    select
        publisher_id,
        published_entity,
        published_supplier,
        expense_type,
        expense_area,
        transaction_number,
        'monthly_file' as reported_in,
        source_file,
        line_count,
        amount_gbp,
        payment_date,
        payment_month
    from monthly_lines
    union all
    select
        publisher_id,
        published_entity,
        published_supplier,
        null as expense_type,
        null as expense_area,
        null as transaction_number,
        'ledger' as reported_in,
        source_file,
        line_count,
        amount_gbp,
        payment_date,
        payment_month
    from ledger_lines
)

select * from final
