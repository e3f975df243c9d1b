{#- The id of a line, from everything that was published of it; equal lines have equal ids in every
    build. `file` tells apart the same line of two ledgers. 64 bits in hexadecimal: text, because
    many programs round whole numbers of that size. -#}
{% macro payment_id(file) -%}
    left(md5(concat_ws(
        chr(31),
        publisher_id,
        coalesce(published_entity, ''),
        coalesce(published_supplier, ''),
        coalesce(expense_type, ''),
        coalesce(expense_area, ''),
        coalesce(transaction_number, ''),
        cast(amount_gbp as varchar),
        cast(payment_date as varchar),
        {{ file }}
    )), 16)
{%- endmacro %}
