from django.urls import path

from chat import lazy, views
from chat.lazy import whatever
from chat.migrations import v1
from chat.models import Message, Short
from mysite.local_settings import KEY
from third_party.chat import room

print(lazy.other, whatever, v1, Message, Short, KEY, room)
urlpatterns = [path("<str:room_name>/", views.room)]
