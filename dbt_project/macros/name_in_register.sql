{#- The title under which the register has a body that is called by a short form which its entry
    lacks or shares with another body (`Department of Health` is also Northern Ireland's), by its
    full name where the register has the short one, or by a title from before the register's
    first snapshot: then that of the body it was renamed to. Takes and gives name keys; any other
    name stays as it is. -#}
{% macro name_in_register(name_key) -%}
    case {{ name_key }}
        when 'co' then 'cabinet office'
        when 'communities and local government'
            then 'ministry of housing communities and local government'
        when 'dclg' then 'ministry of housing communities and local government'
        when 'dcms' then 'department for culture media and sport'
        when 'debt management office' then 'uk debt management office'
        when 'department for communities and local government'
            then 'ministry of housing communities and local government'
        when 'department of health' then 'department of health and social care'
        when 'dfe' then 'department for education'
        when 'dh' then 'department of health and social care'
        when 'export credits guarantee department' then 'uk export finance'
        when 'hmlr' then 'hm land registry'
        when 'ho' then 'home office'
        when 'national savings and investments' then 'ns and i'
        when 'office for standards in education' then 'ofsted'
        when 'office for standards in education childrens services and skills' then 'ofsted'
        when 'office of gas and electricity markets' then 'ofgem'
        else {{ name_key }}
    end
{%- endmacro %}
