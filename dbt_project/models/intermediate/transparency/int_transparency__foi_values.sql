-- One row per value that the statistics give: an authority, a period, a measure and a
-- line.
-- What is not given is no row, a nought is one.
with quarterly_lines as (
    select * from {{ ref('stg_foi_statistics__quarterly_lines') }}
),

yearly_lines as (
    select * from {{ ref('stg_foi_statistics__yearly_lines') }}
),

authorities as (
    select * from {{ ref('int_transparency__authorities') }}
),

of_government as (
    select
        authorities.authority_id,
        authorities.organisation_id,
        quarterly_lines.authority_name,
        authorities.sector,
        'foia' as law,
        quarterly_lines.period,
        authorities.match_method,
        quarterly_lines.source_file,
        quarterly_lines.line,
        authorities.match_score,
        unnest(quarterly_lines.measured) as measured
    from quarterly_lines
    inner join authorities
        on quarterly_lines.authority_name = authorities.authority_name
),

of_others as (
    select
        authority_id,
        null as organisation_id,
        authority_name,
        sector,
        'foisa' as law,
        period,
        'not_in_register' as match_method,
        source_file,
        line,
        null as match_score,
        unnest(measured) as measured
    from yearly_lines
),

together as (
    select * from of_government
    union all
    select * from of_others
),

final as (
    select
        together.authority_id,
        together.organisation_id,
        together.authority_name,
        together.sector,
        together.law,
        together.period,
        measured.measure,
        together.match_method,
        together.source_file,
        together.line,
        together.match_score,
        measured.amount
    from together
    where measured.amount is not null
)

select * from final
