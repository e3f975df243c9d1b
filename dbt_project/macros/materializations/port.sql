{#- A mart is written once, as a candidate in its port's table folder; the model's name becomes a
    view over exactly those bytes. Readers see nothing before the candidate is published. -#}
{% materialization port, adapter='duckdb', supported_languages=['sql'] %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- if existing_relation is not none and not existing_relation.is_view -%}
        {{ adapter.drop_relation(existing_relation) }}
    {%- endif -%}
    {% call statement('main') -%}
        select 1 as written
    {%- endcall %}
    {% do adapter.commit() %}
    {% do adapter.store_relation(
        'candidates', target_relation, [], compiled_code, 'parquet',
        {'port': port_of_model(model), 'candidates': var('candidates')}
    ) %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
