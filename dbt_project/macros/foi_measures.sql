{#- The measures of the statistics by law, each with the heading that the collector gives it: foia is
    the Freedom of Information Act 2000, foisa the Freedom of Information (Scotland) Act 2002. -#}
{% macro foi_measures(law) -%}
    {%- set measures = {
        'foia': {
            'requests_received': 'Total requests received',
            'on_hold_or_lapsed': 'Requests on-hold or lapsed',
            'being_processed': 'Requests still being processed',
            'environmental_requests': 'Requests handled under EIRs',
            'answered_on_time': '20-day deadline met',
            'deadline_extended': 'Permitted extension to 20-day deadline',
            'answered_late': 'Late response (i.e. 20-day deadline missed)',
            'information_not_held': 'Requests where information not held',
            'resolvable_requests': 'Total "resolvable" requests',
            'granted_in_full': 'Initial Outcome Granted in full',
            'partly_withheld': 'Initial Outcome Partially withheld',
            'fully_withheld': 'Initial Outcome Fully withheld',
            'awaiting_outcome': 'Initial Outcome Response not yet provided',
            'refused_vexatious': 'Fully refused - vexatious',
            'refused_repeated': 'Fully refused - repeated',
            'refused_cost': 'Fully refused - cost limit',
            'refused_exempt': 'Fully refused - exemption',
            'exemptions_claimed': 'Number of requests where an exemption was claimed',
            'reviews': 'Total Internal Reviews',
            'reviews_upheld': 'IR number upheld in full',
            'reviews_partly_upheld': 'IR number upheld in part',
            'reviews_overturned': 'IR number overturned',
            'complaints': 'ICO Total Complaints',
            'complaints_upheld': 'ICO Number upheld in full',
            'complaints_partly_upheld': 'ICO Number upheld in part',
            'complaints_overturned': 'ICO Number overturned',
        },
        'foisa': {
            'requests_received': 'FOISA requests',
            'closed_unclear': 'FOISA closed - unclear',
            'closed_withdrawn': 'FOISA closed - withdrawn',
            'answered_on_time': 'FOISA response on time',
            'answered_late': 'FOISA response late',
            'not_answered': 'FOISA - faliure to respond',
            'refused_cost': 'FOISA refused - cost',
            'refused_vexatious': 'FOISA - vexatious',
            'refused_repeated': 'FOISA - repeated',
            'granted_in_full': 'FOISA - full release',
            'fully_withheld': 'FOISA - none released',
            'partly_withheld': 'FOISA - some released',
            'information_not_held': 'FOISA - none held',
            'not_confirmed_or_denied': 'FOISA - no confirm/deny',
            'environmental_requests': 'EIR requests',
            'subject_access_requests': 'Subject Access Requests',
            'reviews': 'FOISA reviews',
            'reviews_on_time': 'FOISA review - on time',
            'reviews_late': 'FOISA review - late response',
            'reviews_not_answered': 'FOISA review - failure to respond',
            'reviews_upheld': 'FOISA review - wholly/partially upheld',
            'reviews_overturned': 'FOISA review - substituted decision',
        },
    } -%}
    {{- return(measures[law]) -}}
{% endmacro %}

{#- The measures of a wide row as a list of names and numbers. -#}
{% macro foi_values(law) -%}
    [
        {%- for measure in foi_measures(law) %}
        {'measure': '{{ measure }}', 'amount': {{ measure }}}{{ ',' if not loop.last }}
        {%- endfor %}
    ]
{%- endmacro %}

{#- A period as it is named here: 2013 for a year, 2013-Q3 for a quarter; null where it is neither. -#}
{% macro foi_period(text) -%}
    case
        when regexp_full_match(trim({{ text }}), '20[0-9]{2}') then trim({{ text }})
        when regexp_full_match(trim({{ text }}), 'Q[1-4] 20[0-9]{2}')
            then right(trim({{ text }}), 4) || '-' || left(trim({{ text }}), 2)
    end
{%- endmacro %}

{#- The first day of a period. -#}
{% macro foi_period_start(period) -%}
    make_date(
        cast(left({{ period }}, 4) as integer),
        case
            when length({{ period }}) = 4 then 1
            else cast(right({{ period }}, 1) as integer) * 3 - 2
        end,
        1
    )
{%- endmacro %}

{#- The last day of a period. -#}
{% macro foi_period_end(period) -%}
    last_day(cast(
        {{ foi_period_start(period) }}
        + case when length({{ period }}) = 4 then interval 11 month else interval 2 month end
        as date
    ))
{%- endmacro %}
