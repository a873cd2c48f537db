from django.urls import path

from chat import views

HEAD
urlpatterns = [path("<str:room_name>/", views.room)]
