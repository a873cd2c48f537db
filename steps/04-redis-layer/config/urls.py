"""The addresses of the site: all of them belong to the chat."""

from django.urls import include, path

urlpatterns = [
    path("", include("chat.urls")),
]
