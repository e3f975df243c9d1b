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
            termed.source_file,
            coalesce(termed.department_name, ''),
            termed.scheme_name,
            coalesce(termed.published_category, ''),
            coalesce(termed.published_recipients, ''),
            coalesce(termed.published_recipient_count, ''),
            coalesce(termed.published_function, ''),
            coalesce(cast(termed.amount_gbp as varchar), '')
        )), 16) as scheme_line_id,
        termed.financial_year,
        termed.department_name,
        termed.scheme_name,
        termed.grant_category,
        case
            when list_contains(listed_methods.terms, termed.method) then termed.method
        end as allocation_method,
        nullif(array_to_string(list_filter(
            termed.sectors,
            lambda sector: list_contains(listed_sectors.terms, sector)  -- noqa: RF02
        ), '; '), '') as recipient_sectors,
        termed.published_recipient_count,
        upper(left(termed.published_function, 1))
        || lower(substring(termed.published_function, 2)) as government_function,
        termed.source_file,
        termed.line_count,
        case
            when regexp_full_match(termed.published_recipient_count, '[0-9,]+([.]0+)?')
                then cast(
                    {{ written_number('termed.published_recipient_count') }} as integer
                )
        end as recipient_count,
        termed.amount_gbp,
        termed.financial_year_end_date
    from termed
    cross join listed_sectors
    cross join listed_methods
)

select * from final
