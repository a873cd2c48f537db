from {{ cookiecutter.name }} import views
{% if async %}
async def room(request): ...
{% endif %}
