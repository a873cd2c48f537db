"""Step 02's URLs, and two views that only count rows."""

from django.urls import include, path

from chat import counting

urlpatterns = [
    path("count/", counting.count),
    path("async-count/", counting.async_count),
    path("", include("chat.urls")),
]
