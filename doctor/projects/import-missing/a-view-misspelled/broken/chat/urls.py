from django.urls import path

from .views import rom

urlpatterns = [path("<str:room_name>/", rom)]
