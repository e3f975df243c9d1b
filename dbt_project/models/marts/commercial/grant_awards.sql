-- One row per grant awarded to one recipient.
with latest_awards as (
    select * from {{ ref('int_commercial__latest_awards') }}
),

grant_givers as (
    select * from {{ ref('int_commercial__grant_givers') }}
),

final as (
    select
        latest_awards.award_id,
        grant_givers.organisation_id,
        latest_awards.recipient_id,
        latest_awards.programme_code,
        latest_awards.title,
        latest_awards.description,
        latest_awards.programme_title,
        latest_awards.funder_name,
        latest_awards.recipient_name,
        {{ supplier_key('latest_awards.recipient_name') }} as recipient_key,
        latest_awards.charity_number,
        latest_awards.company_number,
        latest_awards.country,
        latest_awards.beneficiary_area,
        latest_awards.beneficiary_area_code,
        {{ financial_year_label(financial_year('latest_awards.award_date')) }}
            as financial_year,
        latest_awards.currency_code,
        coalesce(grant_givers.match_method, 'unmatched') as match_method,
        latest_awards.source_file,
        grant_givers.match_score,
        cast(latest_awards.report_count as integer) as report_count,
        latest_awards.amount,
        latest_awards.is_from_open_call,
        latest_awards.award_date,
        latest_awards.start_date,
        latest_awards.end_date,
        latest_awards.last_modified_at
    from latest_awards
    left join grant_givers on latest_awards.funder_name = grant_givers.name
)

select * from final
