-- One row per distinct line of a year's schemes, with the departments' words for kinds,
-- sectors and functions brought to one list each.
with scheme_lines as (
    select * from {{ ref('stg_grants_register__scheme_lines') }}
),

recipient_sectors as (
    select * from {{ ref('stg_grants_register__recipient_sectors') }}
),

allocation_methods as (
    select * from {{ ref('stg_grants_register__allocation_methods') }}
),

-- The register's own lists decide which terms there are.
listed_sectors as (
    select list(recipient_sector) as terms from recipient_sectors
),

listed_methods as (
    select list(allocation_method) as terms from allocation_methods
),

-- Lines that differ in nothing but blanks land as two.
distinct_lines as (
    select
        * exclude (line, line_count),
        cast(sum(line_count) as integer) as line_count
    from scheme_lines
    group by all
),

termed as (
    select
        *,
        {{ grant_category('published_category') }} as grant_category,
        {{ allocation_method('published_category') }} as method,
        {{ recipient_sectors('published_recipients') }} as sectors
    from distinct_lines
),

final as (
    select
        left(md5(concat_ws(
            chr(31),
            source_file,
            coalesce(department_name, ''),
            scheme_name,
            coalesce(published_category, ''),
            coalesce(published_recipients, ''),
            coalesce(published_recipient_count, ''),
            coalesce(published_function, ''),
            coalesce(cast(amount_gbp as varchar), '')
        )), 16) as scheme_line_id,
        financial_year,
        department_name,
        scheme_name,
        grant_category,
        case
            when list_contains(listed_methods.terms, method) then method
        end as allocation_method,
        nullif(array_to_string(list_filter(
            sectors,
            lambda sector: list_contains(listed_sectors.terms, sector)
        ), '; '), '') as recipient_sectors,
        published_recipient_count,
        upper(left(published_function, 1)) || lower(substring(published_function, 2))
            as government_function,
        source_file,
        line_count,
        case
            when regexp_full_match(published_recipient_count, '[0-9,]+([.]0+)?')
                then cast({{ written_number('published_recipient_count') }} as integer)
        end as recipient_count,
        amount_gbp,
        financial_year_end_date
    from termed
    cross join listed_sectors
    cross join listed_methods
)

select * from final
