"""The URLs of the notifications, and of the login that they need."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from notifications import views

login = LoginView.as_view(template_name="notifications/login.html")

urlpatterns = [
    path("login/", login, name="login"),
    path("logout/", LogoutView.as_view(next_page="login"), name="logout"),
    path("notifications/", views.inbox, name="inbox"),
    path("notifications/send/", views.notify, name="notify"),
]
