{#- A department's word for a kind of grant, brought to one list. -#}
{% macro grant_category(text) -%}
    case
        when {{ text }} ilike 'grant in aid' then 'grant_in_aid'
        when {{ text }} ilike 'general grant%' then 'general_grant'
        when {{ text }} ilike 'formula%' then 'formula_grant'
        when {{ text }} ilike 'intermediated%' then 'intermediated_grant'
        when {{ text }} ilike 'ad hoc%' then 'ad_hoc_grant'
        when {{ text }} ilike 'resource%' then 'resource_grant'
        when {{ text }} ilike 'capital%' then 'capital_grant'
        when {{ text }} ilike 'criteria%' then 'criteria_based_grant'
        else 'not_stated'
    end
{%- endmacro %}

{#- The way in which a kind of grant is allocated, in the register's own terms; null where the kind
    does not tell. -#}
{% macro allocation_method(text) -%}
    case {{ grant_category(text) }}
        when 'formula_grant' then 'Formula'
        when 'criteria_based_grant' then 'General Grants - Criteria Based'
    end
{%- endmacro %}

{#- The list of sectors that a department's words for the recipients name, in the register's own
    terms and by letter; empty where they name none. -#}
{% macro recipient_sectors(text) -%}
    list_filter([
        case when {{ text }} ilike '%central gov%' then 'Central Government' end,
        case
            when
                regexp_matches(
                    {{ text }}, 'voluntary|non-profit|communit|charit|\bvs\b|\bngo\b', 'i'
                )
                then 'Civil Society'
        end,
        case when {{ text }} ilike '%individual%' then 'Individuals' end,
        case when {{ text }} ilike '%international%' then 'International' end,
        case
            when regexp_matches({{ text }}, 'local (gov|auth)|\bLAs\b', 'i')
                then 'Local Government'
        end,
        case
            when regexp_matches({{ text }}, '\bALBs?\b', 'i')
                then 'Non-Departmental Public Bodies'
        end,
        case when {{ text }} ilike '%private%' then 'Private' end,
        case
            when regexp_matches({{ text }}, 'public (sector|corporation)|police', 'i')
                then 'Public Organisations'
        end
    ], lambda sector: sector is not null)
{%- endmacro %}
