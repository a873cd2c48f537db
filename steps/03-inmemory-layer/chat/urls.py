"""Which view answers at which address."""

from django.urls import path, register_converter
from django.views.generic import RedirectView

from chat import views
from chat.rooms import RoomNameConverter

register_converter(RoomNameConverter, "room")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="lobby"), name="home"),
    path("chat/", views.lobby, name="lobby"),
    path("chat/<room:room_name>/", views.room, name="room"),
    path("chat/<room:room_name>", views.add_slash),
]
