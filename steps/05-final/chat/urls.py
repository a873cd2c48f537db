"""Which view answers at which URL."""

from django.urls import path
from django.views.generic import RedirectView

import chat.rooms  # noqa: F401 - registers <room:…>
from chat import views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="lobby"), name="home"),
    path("chat/", views.lobby, name="lobby"),
    path("rooms/new/", views.new_room, name="new_room"),
    path("rooms/<int:pk>/enter/", views.enter, name="enter"),
    path("rooms/<int:pk>/invite/", views.invite, name="invite"),
    path("invite/", views.claim, name="claim"),
    path("chat/<room:room_name>/", views.room, name="room"),
    path("chat/<room:room_name>", views.add_slash),
]
