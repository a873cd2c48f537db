"""What people in the room may ask for, by the class's address."""

from django.urls import path

from course.classroom.room import views

urlpatterns = [path("", views.phone, name="phone")]
