-- A month that is not understood would leave values out in silence.
select *
from {{ ref('int_people__values_left_out') }}
where reason_left_out in ('the month is not understood', 'no body is named')
