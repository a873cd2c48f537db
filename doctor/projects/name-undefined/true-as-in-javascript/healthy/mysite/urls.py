from django.urls import include, path

true = True
DEBUG = true
urlpatterns = [path("chat/", include("chat.urls"))]
