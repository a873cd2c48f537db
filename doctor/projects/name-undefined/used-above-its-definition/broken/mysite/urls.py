from django.urls import include, path

urlpatterns = [path("chat/", include(rooms))]
rooms = "chat.urls"
