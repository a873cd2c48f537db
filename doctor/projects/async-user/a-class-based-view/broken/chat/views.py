from django.shortcuts import render
from django.views import View


class RoomView(View):
    async def get(self, request, room_name):
        context = {"room_name": room_name, "name": self.request.user.username}
        return render(request, "chat/room.html", context)
