from django.contrib.auth.mixins import AccessMixin
from django.shortcuts import render
from django.views import View


class RoomView(AccessMixin, View):
    async def get(self, request, room_name):
        user = await request.auser()
        name = user.get_username()
        context = {"room_name": room_name, "name": name}
        return render(request, "chat/room.html", context)
