-- One row per value that a return gives for a body, a month and a measure, repeated
-- ones included.
with monthly_returns as (
    select * from {{ ref('stg_workforce_returns__monthly_returns') }}
),

collected_values as (
    select * from {{ ref('stg_workforce_returns__collected_values') }}
),

measures as (
    select unnest(['headcount', 'full_time_equivalent', 'paybill_gbp']) as measure
),

returned_values as (
    select
        monthly_returns.body_name,
        monthly_returns.department_name,
        monthly_returns.organisation_type,
        measures.measure,
        monthly_returns.source_file,
        monthly_returns.line,
        case measures.measure
            when 'headcount' then monthly_returns.headcount
            when 'full_time_equivalent' then monthly_returns.full_time_equivalent
            when 'paybill_gbp' then monthly_returns.paybill_gbp
        end as amount,
        true as is_own_return,
        monthly_returns.month
    from monthly_returns
    cross join measures
),

-- Of the many groups in the collected file, the totals of payroll staff are what a
-- return states.
collected as (
    select
        body_name,
        department_name,
        organisation_type,
        case
            when value_group = 'payroll' and value_measure = 'hc' then 'headcount'
            when value_group = 'payroll' and value_measure = 'fte'
                then 'full_time_equivalent'
            when value_group = 'payroll costs' and value_measure = 'costs'
                then 'paybill_gbp'
        end as measure,
        source_file,
        line,
        amount,
        false as is_own_return,
        month
    from collected_values
    where value_subgroup = 'total'
),

together as (
    select * from returned_values
    union all
    select * from collected
    where measure is not null
),

final as (
    select
        replace({{ organisation_key('body_name') }}, ' ', '-') as body_id,
        body_name,
        department_name,
        organisation_type,
        measure,
        source_file,
        line,
        amount,
        case
            when {{ organisation_key('body_name') }} is null then 'no body is named'
            when month is null then 'the month is not understood'
            when month > current_date then 'the month is in the future'
            when amount is null then 'no value is given'
        end as reason_left_out,
        is_own_return,
        month
    from together
)

select * from final
