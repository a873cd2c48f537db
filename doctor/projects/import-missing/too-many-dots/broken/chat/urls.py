from django.urls import path

from .. import chat

urlpatterns = [path("<str:room_name>/", chat.views.room)]
