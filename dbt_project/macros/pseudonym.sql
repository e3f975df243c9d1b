{#- A stand-in for a person's number: the same number always gives the same one, and without the
    key nobody can tell which. The key is a variable of the session, never part of the SQL: the
    plugin `candidates` sets it from the environment. -#}
{% macro pseudonym(person_id) -%}
    left(sha256(sha256(
        coalesce(getvariable('pseudonym_key'), '') || '|' || {{ person_id }}
    ) || coalesce(getvariable('pseudonym_key'), '')), 16)
{%- endmacro %}
