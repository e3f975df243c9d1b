{#- The title under which the register has a department that is called by a short form which its
    entry lacks or shares with another body, or by a title from before the register's first
    snapshot: then that of the body it was renamed to. Takes and gives name keys; any other name
    stays as it is. -#}
{% macro name_in_register(name_key) -%}
    case {{ name_key }}
        when 'co' then 'cabinet office'
        when 'dclg' then 'ministry of housing communities and local government'
        when 'dcms' then 'department for culture media and sport'
        when 'dfe' then 'department for education'
        when 'dh' then 'department of health and social care'
        when 'hmlr' then 'hm land registry'
        when 'ho' then 'home office'
        else {{ name_key }}
    end
{%- endmacro %}
