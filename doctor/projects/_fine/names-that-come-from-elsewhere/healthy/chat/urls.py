from django.urls import path

from chat import views

globals().update(name="room")
urlpatterns = [path("<str:room_name>/", views.room, name=name)]
