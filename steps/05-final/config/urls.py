"""The URLs of the site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog, set_language

from chat import accounts, health
from chat.throttle import limit_guesses, limit_sign_ups

FORM = "registration/form.html"

urlpatterns = [
    path("admin/login/", limit_guesses(admin.site.login)),
    path("admin/", admin.site.urls),
    path(
        "accounts/signup/",
        limit_sign_ups(accounts.SignUp.as_view(extra_context={"title": _("Sign up")})),
        name="signup",
    ),
    path(
        "accounts/login/",
        limit_guesses(
            auth.LoginView.as_view(
                template_name=FORM,
                extra_context={"title": _("Log in")},
            )
        ),
        name="login",
    ),
    path(
        "accounts/password/",
        limit_guesses(
            auth.PasswordChangeView.as_view(
                template_name=FORM,
                extra_context={"title": _("Change password")},
                success_url=reverse_lazy("lobby"),
            )
        ),
        name="password_change",
    ),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("language/", set_language, name="set_language"),
    # The texts of the scripts, in the language of the page.
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["chat"]), name="jsi18n"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("metrics", health.count, name="metrics"),
    path("", include("chat.urls")),
]
