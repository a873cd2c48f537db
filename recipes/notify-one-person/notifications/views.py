"""A page that shows a person's notifications, and a form that notifies others."""

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from notifications.models import Notification


@login_required
def inbox(request):
    """Show the page; a script on it opens the socket."""
    return render(request, "notifications/inbox.html")


@login_required
@require_POST
@transaction.atomic
def notify(request):
    """Notify everyone in the field `to`, or nobody if one of the names is wrong."""
    for name in request.POST.get("to", "").split():
        recipient = get_object_or_404(get_user_model(), username=name)
        text = f"{request.user}: {request.POST.get('text', '')}"[:200]
        Notification.objects.create(recipient=recipient, text=text)
    return HttpResponse(status=204)  # the browser stays on the page
