from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import render
from django.views import View


class RoomView(LoginRequiredMixin, View):
    async def get(self, request, room_name):
        return render(request, "chat/room.html", {"room_name": room_name})
