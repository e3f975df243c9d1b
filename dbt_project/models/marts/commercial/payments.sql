-- One row per distinct published line. Within one file identical lines are separate payments, and
-- are counted; the same line in several monthly files was published again, and counts once.
{{ config(meta={
    'incremental': {
        'source': 'payments_over_threshold',
        'partition': 'payment_month',
        'model': 'main.int_commercial__payment_lines',
    },
}) }}

with named_lines as (
    select *
    from {{ ref('int_commercial__named_lines') }}
    where
        {{ changed_period('payment_date', 'commercial.payments') }}
        and {{ changed_partitions('payment_month') }}
),

reported_payments as (
    select * from {{ ref('int_commercial__reported_payments') }}
),

monthly_lines_by_file as (
    select
        * exclude (line_count),
        sum(line_count) as line_count
    from named_lines
    where reported_in = 'monthly_file'
    group by all
),

monthly_lines as (
    select
        * exclude (line_count, source_file),
        max(line_count) as line_count,
        arg_max(source_file, row(line_count, source_file)) as source_file
    from monthly_lines_by_file
    group by all
),

ledger_lines as (
    select
        named_lines.* exclude (line_count, source_file),
        sum(named_lines.line_count) as line_count,
        min(named_lines.source_file) as source_file
    from named_lines
    where
        named_lines.reported_in = 'ledger'
        and not exists (
            select 1
            from reported_payments
            where
                named_lines.publisher_id = reported_payments.publisher_id
                and named_lines.supplier_key = reported_payments.supplier_key
                and named_lines.amount_gbp = reported_payments.amount_gbp
                and named_lines.payment_date = reported_payments.payment_date
        )
    group by all
),

lines as (
    select * from monthly_lines
    union all by name
    select * from ledger_lines
),

final as (
    select
        left(md5(concat_ws(
            chr(31),
            publisher_id,
            coalesce(entity_name, ''),
            coalesce(supplier_name, ''),
            coalesce(expense_type, ''),
            coalesce(expense_area, ''),
            coalesce(transaction_number, ''),
            cast(amount_gbp as varchar),
            cast(payment_date as varchar)
        )), 16) as payment_id,
        publisher_id,
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
        amount_gbp,
        is_supplier_redacted,
        payment_date,
        payment_month
    from lines
)

select * from final
