from django.urls import include, path

from pages.views import home

urlpatterns = [path("", home), path("chat/", include("chat.urls"))]
