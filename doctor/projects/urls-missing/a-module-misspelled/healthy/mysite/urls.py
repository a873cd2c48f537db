from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("chat/", include(("chat.urls", "chat"))),
    path("accounts/", include("django.contrib.auth.urls")),
    path("api/", include("rest_framework.urls")),
    path("admin/", admin.site.urls),
]
