"""Which view answers at which URL."""

from django.urls import path
from django.views.generic import RedirectView

import chat.rooms  # noqa: F401 - registers <room:…>
from chat import views
from chat.ticket_view import new_ticket

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="lobby"), name="home"),
    path("ticket/", new_ticket),
    path("chat/", views.lobby, name="lobby"),
    path("chat/<room:room_name>/", views.room, name="room"),
    path("chat/<room:room_name>", views.add_slash),
]
