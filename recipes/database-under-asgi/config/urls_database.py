"""Step 02's URLs, and two views that only count rows."""

from django.urls import include, path

from chat import counting

urlpatterns = [
    path("count/", counting.count),
    path("acount/", counting.acount),
    path("", include("chat.urls")),
]
