-- One row per award and file that reports it.
with awards as (
    select * from {{ source('landing', 'grants_register__awards') }}
),

final as (
    select
        trim(award_id) as award_id,
        {{ single_spaced('title') }} as title,
        {{ single_spaced('description') }} as description,
        trim(recipient_id) as recipient_id,
        {{ single_spaced('recipient_name') }} as recipient_name,
        trim(charity_number) as charity_number,
        upper(trim(company_number)) as company_number,
        trim(country) as country,
        {{ single_spaced('beneficiary_area') }} as beneficiary_area,
        upper(trim(beneficiary_area_code)) as beneficiary_area_code,
        {{ single_spaced('funder_name') }} as funder_name,
        trim(programme_code) as programme_code,
        {{ single_spaced('programme_title') }} as programme_title,
        upper(trim(currency)) as currency_code,
        _source_file as source_file,
        _line as line,
        amount,
        is_from_open_call,
        award_date,
        start_date,
        end_date,
        last_modified as last_modified_at
    from awards
)

select * from final
