"""Which view answers at which address."""

from django.urls import path
from django.views.generic import RedirectView

from chat import events, polling, views

# `path:`, not `str:`, for a room may be called AC/DC.
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="lobby")),
    path("chat/", views.lobby, name="lobby"),
    path("echo/", views.echo, name="echo"),
    path("chat/<path:room_name>/messages/", polling.messages, name="messages"),
    path("chat/<path:room_name>/events/", events.events, name="events"),
    path("chat/<path:room_name>/", views.room, name="room"),
    path("chat/<path:room_name>", views.add_slash),
]
