-- Every line of a ledger is a payment of its own, or was left out for a line of a
-- monthly file.
with landed as (
    select coalesce(sum(line_count), 0) as line_count
    from {{ ref('int_commercial__named_lines') }}
    where reported_in = 'ledger'
),

kept as (
    select coalesce(sum(line_count), 0) as line_count
    from {{ ref('int_commercial__ledger_payments') }}
),

left_out as (
    select coalesce(sum(ledger_line_count), 0) as line_count
    from {{ ref('int_commercial__repeated_in_ledgers') }}
)

select
    landed.line_count as landed_count,
    kept.line_count as kept_count,
    left_out.line_count as left_out_count
from landed
cross join kept
cross join left_out
where landed.line_count <> kept.line_count + left_out.line_count
