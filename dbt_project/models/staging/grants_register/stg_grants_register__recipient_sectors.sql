-- One row per sector of recipients, as the register names them.
with recipient_sectors as (
    select * from {{ source('landing', 'grants_register__recipient_sectors') }}
),

final as (
    select distinct trim(sector) as recipient_sector
    from recipient_sectors
)

select * from final
