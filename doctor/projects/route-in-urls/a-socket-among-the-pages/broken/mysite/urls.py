from django.urls import include, path

from chat.consumers import NewsConsumer

urlpatterns = [
    path("chat/", include("chat.urls")),
    path("ws/news/", NewsConsumer.as_asgi()),
]
