-- One row per law and measure, with the collector's heading and what it is a part of.
with listed_measures as (
    select * from {{ ref('stg_foi_statistics__measures') }}
),

measures as (
    {%- for law in ['foia', 'foisa'] %}
        {%- set outer_loop = loop %}
        {%- for measure, label in foi_measures(law).items() %}
            select
                '{{ law }}' as law,
                '{{ measure }}' as measure,
                '{{ label }}' as label
            {%- if not (loop.last and outer_loop.last) %}
                union all
            {%- endif %}
        {%- endfor %}
    {%- endfor %}
),

-- Headings are compared by their letters and digits, as landing does.
parents as (
    select
        {{ letters_and_digits('label') }} as label_key,
        min(part_of) as part_of
    from listed_measures
    group by label_key
),

final as (
    select
        measures.law,
        measures.measure,
        measures.label,
        parents.part_of
    from measures
    left join parents
        on {{ letters_and_digits('measures.label') }} = parents.label_key
)

select * from final
