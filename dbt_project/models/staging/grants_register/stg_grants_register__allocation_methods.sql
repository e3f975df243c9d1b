-- One row per way in which grants are allocated, as the register names them.
with allocation_methods as (
    select * from {{ source('landing', 'grants_register__allocation_methods') }}
),

final as (
    select distinct trim(method) as allocation_method
    from allocation_methods
)

select * from final
