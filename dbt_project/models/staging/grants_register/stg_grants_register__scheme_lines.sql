-- One row per distinct line of a year's schemes, amounts in pounds.
with scheme_lines as (
    select * from {{ source('landing', 'grants_register__scheme_lines') }}
),

final as (
    select
        financial_year,
        {{ single_spaced('department') }} as department_name,
        {{ single_spaced('scheme_name') }} as scheme_name,
        {{ single_spaced('grant_category') }} as published_category,
        {{ single_spaced('recipient_kind') }} as published_recipients,
        {{ single_spaced('recipients') }} as published_recipient_count,
        {{ single_spaced('government_function') }} as published_function,
        _source_file as source_file,
        _line as line,
        _line_count as line_count,
        cast(
            coalesce(amount_thousands * 1000, amount_millions * 1000000)
            as decimal(18, 2)
        ) as amount_gbp,
        make_date(cast(left(financial_year, 4) as integer) + 1, 3, 31)
            as financial_year_end_date
    from scheme_lines
)

select * from final
