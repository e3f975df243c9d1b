-- One row per distinct line of the monthly files. Of several files that have it, the
-- one that repeats it most counts: within a file repeated lines are payments, between
-- files they are not.
{{ config(materialized='table') }}

with named_lines as (
    select *
    from {{ ref('int_commercial__named_lines') }}
    where reported_in = 'monthly_file'
),

collapsed as (
    select
        {{ payment_id("''") }} as payment_id,
        * exclude (source_file, line_count),
        max(row(line_count, source_file)) as fullest_file
    from named_lines
    group by all
),

final as (
    select
        payment_id,
        publisher_id,
        publisher_organisation_id,
        organisation_id,
        supplier_key,
        entity_name,
        supplier_name,
        expense_type,
        expense_area,
        transaction_number,
        reported_in,
        match_method,
        fullest_file[2] as source_file,
        match_score,
        fullest_file[1] as line_count,
        amount_gbp,
        is_supplier_redacted,
        payment_date,
        payment_month
    from collapsed
)

select * from final
