-- One row per distinct line of a source file, with the body that paid and the
-- supplier's key.
with payment_lines as (
    select * from {{ ref('int_commercial__payment_lines') }}
),

entities as (
    select * from {{ ref('int_commercial__entities') }}
),

suppliers as (
    select * from {{ ref('int_commercial__suppliers') }}
),

final as (
    select
        payment_lines.publisher_id,
        entities.publisher_organisation_id,
        entities.organisation_id,
        coalesce(suppliers.supplier_key, 'not stated') as supplier_key,
        payment_lines.published_entity,
        payment_lines.published_supplier,
        entities.entity_name,
        suppliers.supplier_name,
        payment_lines.expense_type,
        payment_lines.expense_area,
        payment_lines.transaction_number,
        payment_lines.reported_in,
        entities.match_method,
        payment_lines.source_file,
        entities.match_score,
        payment_lines.line_count,
        payment_lines.amount_gbp,
        coalesce(suppliers.is_redacted, false) as is_supplier_redacted,
        payment_lines.payment_date,
        payment_lines.payment_month
    from payment_lines
    inner join entities
        on
            payment_lines.publisher_id = entities.publisher_id
            and payment_lines.reported_in = entities.reported_in
            and payment_lines.published_entity
            is not distinct from entities.published_entity
    left join suppliers
        on payment_lines.published_supplier = suppliers.published_supplier
    where {{ changed_period('payment_lines.payment_date', 'commercial.payments') }}
)

select * from final
