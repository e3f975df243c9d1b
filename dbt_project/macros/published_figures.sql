{#- A text in one line with single blanks; empty is null. -#}
{% macro single_spaced(text) -%}
    nullif(trim(regexp_replace(replace({{ text }}, chr(160), ' '), '\s+', ' ', 'g')), '')
{%- endmacro %}

{#- The number that a cell of a report holds, without pound and percent signs and commas; null
    where it holds words. -#}
{% macro written_number(text) -%}
    try_cast(regexp_replace({{ text }}, '[£%,\s]', '', 'g') as decimal(24, 6))
{%- endmacro %}

{#- Pounds from a cell in millions of pounds; null where it holds words. -#}
{% macro pounds_of_millions(text) -%}
    cast({{ written_number(text) }} * 1000000 as decimal(18, 2))
{%- endmacro %}

{#- What became of a figure in a report: published; exempt under the Freedom of Information Act;
    early_planning, before the project's first approval; not_given; or not_understood. -#}
{% macro figure_status(figure, text) -%}
    case
        when {{ figure }} is not null then 'published'
        when {{ text }} is null then 'not_given'
        when {{ text }} ilike '%exempt%' then 'exempt'
        when {{ text }} ilike 'early planning%' then 'early_planning'
        when {{ text }} ilike '%not in a position%' then 'not_given'
        else 'not_understood'
    end
{%- endmacro %}

{#- A delivery confidence on the three-point scale, or on the five-point scale that went before;
    null where the text is none. -#}
{% macro confidence_rating(text) -%}
    case
        when lower({{ text }}) in ('green', 'amber', 'red') then lower({{ text }})
        when lower(replace({{ text }}, ' ', '')) = 'amber/green' then 'amber_green'
        when lower(replace({{ text }}, ' ', '')) = 'amber/red' then 'amber_red'
    end
{%- endmacro %}

{#- The sections of the Freedom of Information Act that texts name as a reason, each once, by
    number, with semicolons between them; null where they name none. -#}
{% macro exemption_sections(texts) -%}
    nullif(list_aggregate(list_transform(
        list_sort(list_distinct(list_transform(
            flatten([
                {%- for text in texts %}
                regexp_extract_all(
                    case when {{ text }} ilike '%exempt%' then split_part({{ text }}, ' of ', 1) end,
                    '[0-9]+'
                ){{ ',' if not loop.last }}
                {%- endfor %}
            ]),
            lambda section: cast(section as integer)
        ))),
        lambda section: cast(section as varchar)
    ), 'string_agg', ';'), '')
{%- endmacro %}
