"""Two views with one query each: as many Django projects have them, and async."""

from django.http import JsonResponse

from chat.models import Message


def count(request):
    """Answer with the number of messages."""
    return JsonResponse({"messages": Message.objects.count()})


async def async_count(request):
    """Do the same without blocking the event loop."""
    return JsonResponse({"messages": await Message.objects.acount()})
