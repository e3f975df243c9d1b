-- One row per supplier name as published. Names are put in order here, on the distinct
-- ones: on every line it would cost more than all the rest.
{{ config(materialized='table') }}

with payment_lines as (
    select * from {{ ref('int_commercial__payment_lines') }}
),

published_names as (
    select distinct published_supplier
    from payment_lines
    where
        published_supplier is not null
        and {{ changed_period('payment_date', 'commercial.payments') }}
),

keyed as (
    select
        published_supplier,
        nullif(
            trim(regexp_replace(published_supplier, '\s+', ' ', 'g')), ''
        ) as supplier_name,
        {{ supplier_key('published_supplier') }} as name_key
    from published_names
),

judged as (
    select
        *,
        coalesce(
            regexp_matches(name_key, '(^| )(redacted|redaction)( |$)'), false
        ) as is_redacted
    from keyed
),

final as (
    select
        published_supplier,
        case when is_redacted then 'redacted' else name_key end as supplier_key,
        supplier_name,
        is_redacted
    from judged
)

select * from final
