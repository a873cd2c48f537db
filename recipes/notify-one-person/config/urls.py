"""The site's URLs: the chat's, and those of the notifications."""

from django.urls import include, path

urlpatterns = [
    path("", include("notifications.urls")),
    path("", include("chat.urls")),
]
