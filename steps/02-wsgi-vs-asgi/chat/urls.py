"""Which view answers at which URL."""

from django.urls import path
from django.views.generic import RedirectView

import chat.rooms  # noqa: F401 - registers <room:…>
from chat import events, polling, views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="lobby"), name="home"),
    path("chat/", views.lobby, name="lobby"),
    path("echo/", views.echo, name="echo"),
    path("chat/<room:room_name>/", views.room, name="room"),
    path("chat/<room:room_name>", views.add_slash),
    # Not chat/<room>/messages/, because a room may be called "class/messages".
    path("messages/<room:room_name>/", polling.messages, name="messages"),
    path("events/<room:room_name>/", events.events, name="events"),
]
