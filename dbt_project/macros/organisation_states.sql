{#- Whether a type of body is a department: it has a minister, or stands in place of one. -#}
{% macro is_department(organisation_type) -%}
    lower({{ organisation_type }}) in (
        'ministerial department', 'non-ministerial department'
    )
{%- endmacro %}

{#- Where the walk to a body's department goes on: a closed body to its only successor, a
    department nowhere, any other body to the first of its parents. -#}
{% macro next_organisation(states, is_closed) -%}
    case
        when
            {{ is_closed }}
            and {{ only_listed(states ~ '.superseded_by_organisation_ids') }} is not null
            then {{ only_listed(states ~ '.superseded_by_organisation_ids') }}
        when {{ is_department(states ~ '.organisation_type') }} then null
        else {{ first_listed(states ~ '.parent_organisation_ids') }}
    end
{%- endmacro %}
