"""The site's URLs: all of them belong to the chat."""

from django.urls import include, path

urlpatterns = [
    path("", include("chat.urls")),
]
