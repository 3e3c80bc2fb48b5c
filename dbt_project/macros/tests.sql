{# Generic tests over several columns at once: a test costs dbt more than the database. #}

{% test unique_together(model, columns) %}
select {{ columns | join(', ') }} from {{ model }} group by {{ columns | join(', ') }} having count(*) > 1
{% endtest %}

{% test always_filled(model, columns) %}
select * from {{ model }} where {{ columns | join(' is null or ') }} is null
{% endtest %}

{% test within(model, columns, least, most) %}
select * from {{ model }} where
{%- for column in columns %}
    {{ 'or ' if not loop.first }}{{ column }} not between {{ least }} and {{ most }}
{%- endfor %}
{% endtest %}
