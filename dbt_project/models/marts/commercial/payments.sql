-- One row per distinct published line. Landing has made one row of the lines that one
-- file repeats, and counted them, so only monthly files are compared with each other:
-- the same line in several of them was published again, and counts once. Ledgers pass
-- through without a grouping, which would cost more than everything else here.
{{ config(meta={
    'incremental': {
        'source': 'payments_over_threshold',
        'partition': 'payment_month',
        'model': 'main.int_commercial__payment_lines',
    },
}) }}

with monthly_lines as (
    select * from {{ ref('int_commercial__monthly_payments') }}
),

ledger_lines as (
    select * from {{ ref('int_commercial__ledger_payments') }}
),

repeated_in_ledgers as (
    select * from {{ ref('int_commercial__repeated_in_ledgers') }}
),

published_once as (
    select
        monthly_lines.*,
        coalesce(repeated_in_ledgers.ledger_line_count, 0) as ledger_line_count
    from monthly_lines
    left join repeated_in_ledgers
        on monthly_lines.payment_id = repeated_in_ledgers.payment_id
    union all
    select
        *,
        0 as ledger_line_count
    from ledger_lines
),

final as (
    select
        payment_id,
        publisher_id,
        publisher_organisation_id,
        organisation_id,
        supplier_key,
        entity_name as entity_name_as_published,
        supplier_name,
        expense_type,
        expense_area,
        transaction_number,
        reported_in,
        match_method,
        source_file,
        match_score,
        cast(line_count as integer) as line_count,
        cast(ledger_line_count as integer) as ledger_line_count,
        amount_gbp,
        is_supplier_redacted,
        payment_date,
        payment_month
    from published_once
    where {{ changed_partitions('payment_month') }}
)

select * from final
