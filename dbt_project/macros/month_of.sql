{#- The first day of a month that is written as a year and an English month name, long or short;
    null where the name is none. -#}
{% macro month_of(year, month_name) -%}
    cast(coalesce(
        try_strptime(cast({{ year }} as varchar) || ' ' || trim({{ month_name }}), '%Y %B'),
        try_strptime(cast({{ year }} as varchar) || ' ' || trim({{ month_name }}), '%Y %b'),
        try_strptime(cast({{ year }} as varchar) || ' ' || trim({{ month_name }}), '%Y %m')
    ) as date)
{%- endmacro %}
