{#- The grain of a model: no two rows agree in all of `columns`; empty values are
    equal. -#}
{% test unique_rows(model, columns) %}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
