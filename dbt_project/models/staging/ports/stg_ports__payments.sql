-- One row per distinct published payment line, as published.
with payments as (
    select * from {{ source('ports', 'commercial__payments') }}
),

final as (
    select
        payment_id,
        publisher_id,
        publisher_organisation_id,
        organisation_id,
        supplier_key,
        supplier_name,
        match_method,
        amount_gbp,
        line_count,
        is_supplier_redacted,
        payment_date,
        payment_month
    from payments
)

select * from final
