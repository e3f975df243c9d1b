{#- The port that a mart is for: its folder is the business unit, its name the port. -#}
{% macro port_of_model(node) %}
    {{- return(node.fqn[-2] ~ '.' ~ node.name) -}}
{% endmacro %}

{#- The partitions that an incremental build rewrites; none where the whole port is built. -#}
{% macro partitions_to_build(port) %}
    {%- set candidate = var('candidates').get(port) or {} -%}
    {{- return(candidate.get('changed_partitions')) -}}
{% endmacro %}

{#- A condition on the partition column: `true` in a full build, the changed partitions otherwise.
    An intermediate model names the port that it feeds. -#}
{% macro changed_partitions(column, port=none) %}
    {%- set partitions = partitions_to_build(port or port_of_model(model)) -%}
    {%- if partitions is none -%}
        true
    {%- elif partitions | length == 0 -%}
        false
    {%- else -%}
        {{ column }} in (
        {%- for partition in partitions -%}
            date '{{ partition }}'{{ ', ' if not loop.last }}
        {%- endfor -%}
        )
    {%- endif -%}
{% endmacro %}

{#- A condition on a date column that spans the changed months: files prune on it by their
    statistics, which they cannot on an expression. -#}
{% macro changed_period(column, port) %}
    {%- set partitions = partitions_to_build(port) -%}
    {%- if partitions is none -%}
        true
    {%- elif partitions | length == 0 -%}
        false
    {%- else -%}
        {{ column }} >= date '{{ partitions | min }}'
        and {{ column }} < date '{{ partitions | max }}' + interval 1 month
    {%- endif -%}
{% endmacro %}
