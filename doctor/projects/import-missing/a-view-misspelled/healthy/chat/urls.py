from django.urls import path

from .views import room as rom

urlpatterns = [path("<str:room_name>/", rom)]
