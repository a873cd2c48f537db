"""Which view answers at which URL."""

from django.urls import path
from django.views.generic import RedirectView

import chat.rooms  # noqa: F401 - registers <room:…>
from chat import lobby, members, views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="lobby"), name="home"),
    path("chat/", lobby.lobby, name="lobby"),
    path("rooms/new/", views.new_room, name="new_room"),
    path("rooms/<int:pk>/enter/", views.enter, name="enter"),
    path("rooms/<int:pk>/invite/", views.invite, name="invite"),
    path("rooms/<int:pk>/members/", members.members, name="members"),
    path("rooms/<int:pk>/leave/", members.leave, name="leave"),
    path("invite/", views.claim, name="claim"),
    path("chat/<room:room_name>/", views.room, name="room"),
    path("chat/<room:room_name>", views.add_slash),
]
