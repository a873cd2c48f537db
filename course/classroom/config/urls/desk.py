"""What the instructor may ask for, on this machine and with the token."""

from django.urls import path
from django.views.generic import RedirectView

from course.classroom.room import views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="desk")),
    path("desk/", views.desk, name="desk"),
    path("desk/do/", views.do, name="do"),
    path("screen/<slug:name>/", views.screen, name="screen"),
    path("notes/<slug:name>/", views.notes, name="notes"),
]
