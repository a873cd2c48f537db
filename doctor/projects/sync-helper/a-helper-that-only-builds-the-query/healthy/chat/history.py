from chat.models import Message


def newest(room, number=20):
    return Message.objects.filter(room=room).order_by("-pk")[:number]
