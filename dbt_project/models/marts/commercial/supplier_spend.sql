-- One row per supplier, publisher and financial year.
with payments as (
    select * from {{ ref('stg_ports__payments') }}
),

yearly_spellings as (
    select
        publisher_id,
        supplier_key,
        supplier_name,
        {{ financial_year('payment_month') }} as year_end,
        sum(line_count) as line_count,
        sum(line_count * amount_gbp) as amount_gbp,
        count(*) as distinct_line_count,
        sum(amount_gbp) as distinct_amount_gbp,
        bool_or(is_supplier_redacted) as is_supplier_redacted,
        min(payment_date) as first_payment_date,
        max(payment_date) as last_payment_date
    from payments
    group by all
),

-- A supplier is shown under the spelling that most of its lines have.
suppliers as (
    select
        publisher_id,
        supplier_key,
        arg_max(supplier_name, row(line_count, supplier_name)) as supplier_name,
        year_end,
        sum(line_count) as line_count,
        sum(amount_gbp) as amount_gbp,
        sum(distinct_line_count) as distinct_line_count,
        sum(distinct_amount_gbp) as distinct_amount_gbp,
        bool_or(is_supplier_redacted) as is_supplier_redacted,
        min(first_payment_date) as first_payment_date,
        max(last_payment_date) as last_payment_date
    from yearly_spellings
    group by publisher_id, supplier_key, year_end
),

final as (
    select
        publisher_id,
        supplier_key,
        supplier_name,
        {{ financial_year_label('year_end') }} as financial_year,
        cast(line_count as bigint) as line_count,
        cast(amount_gbp as decimal(18, 2)) as amount_gbp,
        cast(distinct_line_count as bigint) as distinct_line_count,
        cast(distinct_amount_gbp as decimal(18, 2)) as distinct_amount_gbp,
        is_supplier_redacted,
        first_payment_date,
        last_payment_date
    from suppliers
)

select * from final
