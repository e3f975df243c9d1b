{#- A body's name as it is compared: without case, accents, punctuation, notes in brackets, a
    leading article, and with one word for the monarch's and for the kingdom. Expensive: use it on distinct names. -#}
{% macro organisation_key(name) -%}
    nullif(trim(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        regexp_replace(replace(lower(strip_accents({{ name }})), '&', ' and '),
            '[(][^)]*[)]|[''’`]', '', 'g'),
        '[^a-z0-9]+', ' ', 'g'),
        '^ ?the ', ' '),
        '^ ?(his|her) majestys ', 'hm '),
        '^ ?united kingdom ', 'uk ')), '')
{%- endmacro %}

{#- A supplier's name as it is compared: also without the legal form at its end. -#}
{% macro supplier_key(name) -%}
    nullif(trim(regexp_replace(regexp_replace(regexp_replace(
        replace(lower(strip_accents({{ name }})), '&', ' and '),
        '[.''’`]', '', 'g'),
        '[^a-z0-9]+', ' ', 'g'),
        ' (limited|ltd|plc|llp|lp|inc|cic)( uk)? ?$', '')), '')
{%- endmacro %}

{#- A publisher's folder name without separators, so that `cabinet_office` in one
    source and `cabinetoffice` in another are one publisher. -#}
{% macro publisher_key(name) -%}
    replace(replace(replace(lower({{ name }}), '-', ''), '_', ''), ' ', '')
{%- endmacro %}

{#- The financial year of a date, by the calendar year in which it ends: April 2023 is 2024. -#}
{% macro financial_year(day) -%}
    cast(year({{ day }} + interval 9 month) as integer)
{%- endmacro %}

{#- How a financial year is written: 2023-24, from the calendar year in which it ends. -#}
{% macro financial_year_label(year_end) -%}
    cast({{ year_end }} - 1 as varchar) || '-' || right(cast({{ year_end }} as varchar), 2)
{%- endmacro %}

{#- The first of several ids separated by semicolons. -#}
{% macro first_listed(ids) -%}
    nullif(trim(split_part({{ ids }}, ';', 1)), '')
{%- endmacro %}

{#- The only id of a list separated by semicolons; null where there are none or several. -#}
{% macro only_listed(ids) -%}
    case when {{ ids }} not like '%;%' then nullif(trim({{ ids }}), '') end
{%- endmacro %}

{#- A heading reduced to its letters and digits, as landing compares headings. -#}
{% macro letters_and_digits(text) -%}
    regexp_replace(lower({{ text }}), '[^a-z0-9]', '', 'g')
{%- endmacro %}
