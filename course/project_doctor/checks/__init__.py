"""Every check of a project, grouped by what it looks at.

A check is named after what is so in a healthy project; its docstring says the same
in a sentence. It yields a finding for each place where it is not so.
"""

from collections.abc import Callable, Iterator

from course.project_doctor.advice import Finding
from course.project_doctor.checks import (
    consumers,
    layer_and_redis,
    pages,
    requirements_and_readme,
    routes_and_addresses,
    settings_and_asgi,
)
from course.project_doctor.project import Project

Check = Callable[[Project], Iterator[Finding]]

CHECKS: list[Check] = [
    settings_and_asgi.settings_are_there,
    settings_and_asgi.daphne_is_there,
    settings_and_asgi.daphne_is_first,
    settings_and_asgi.asgi_setting_is_there,
    settings_and_asgi.asgi_setting_leads_to_an_application,
    settings_and_asgi.django_is_ready_before_the_imports,
    settings_and_asgi.application_takes_websockets,
    settings_and_asgi.origin_is_checked,
    settings_and_asgi.hosts_are_named,
    routes_and_addresses.routes_call_as_asgi,
    routes_and_addresses.routes_take_every_room,
    routes_and_addresses.addresses_fit_the_routes,
    routes_and_addresses.addresses_work_elsewhere,
    layer_and_redis.layer_is_there,
    layer_and_redis.layer_reaches_other_processes,
    layer_and_redis.groups_have_safe_names,
    layer_and_redis.groups_are_left,
    layer_and_redis.containers_find_redis,
    layer_and_redis.redis_image_is_maintained,
    layer_and_redis.redis_is_not_open_to_the_network,
    requirements_and_readme.requirements_fit_together,
    requirements_and_readme.versions_are_maintained,
    requirements_and_readme.packages_are_the_right_ones,
    requirements_and_readme.redis_is_pinned,
    requirements_and_readme.readme_mentions_redis,
    requirements_and_readme.readme_commands_work,
    consumers.coroutines_are_awaited,
    consumers.layer_calls_are_awaited,
    consumers.parentheses_are_in_place,
    consumers.async_functions_do_not_block,
    consumers.async_functions_await_their_queries,
    consumers.async_functions_loop_well_over_queries,
    consumers.events_have_handlers,
    consumers.receive_takes_text_and_bytes,
    consumers.receive_is_ready_for_no_json,
    consumers.connections_are_answered,
    pages.templates_are_there,
    pages.json_is_not_marked_safe,
    pages.typed_text_stays_text,
]
