"""The URLs of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog, set_language

from chat import health
from chat.throttle import limit_guesses

urlpatterns = [
    path("admin/login/", limit_guesses(admin.site.login)),
    path("admin/", admin.site.urls),
    path("accounts/", include("chat.account_urls")),
    path("language/", set_language, name="set_language"),
    # The texts of the scripts, in the language of the page.
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["chat"]), name="jsi18n"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("metrics", health.count, name="metrics"),
    path("", include("chat.urls")),
]
