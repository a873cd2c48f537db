"""The site's URLs: the chat's, and the page that starts a job."""

from django.urls import include, path

from jobs import views

urlpatterns = [
    path("report/", views.report, name="report"),
    path("", include("chat.urls")),
]
