"""The addresses of the site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, reverse_lazy

from chat import accounts, health

FORM = "registration/form.html"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/signup/", accounts.SignUp.as_view(), name="signup"),
    path(
        "accounts/login/",
        auth.LoginView.as_view(
            template_name=FORM,
            extra_context={"title": "Log in"},
        ),
        name="login",
    ),
    path(
        "accounts/password/",
        auth.PasswordChangeView.as_view(
            template_name=FORM,
            extra_context={"title": "Change password"},
            success_url=reverse_lazy("lobby"),
        ),
        name="password_change",
    ),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("", include("chat.urls")),
]
