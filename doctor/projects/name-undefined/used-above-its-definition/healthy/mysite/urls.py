from django.urls import include, path

rooms = "chat.urls"
urlpatterns = [path("chat/", include(rooms))]


def debug():
    return later


later = 1
