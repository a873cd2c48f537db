"""
The URLs
=======
"""

from django.urls import path

from chat import views

MARKER = "<<<<<<< HEAD"
urlpatterns = [path("<str:room_name>/", views.room)]
