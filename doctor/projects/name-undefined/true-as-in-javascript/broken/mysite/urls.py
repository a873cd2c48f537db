from django.urls import include, path

DEBUG = true
urlpatterns = [path("chat/", include("chat.urls"))]
