"""The URLs of the site."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog, set_language

from chat import health
from chat.throttle import limit_guesses


class Texts(JavaScriptCatalog):
    """The texts of the scripts, without Django's date formats, which they don't use."""

    def get_context_data(self, **context):
        """Return what the script of the texts is made from."""
        return super().get_context_data(**context) | {"formats": {}}


urlpatterns = [
    path("admin/login/", limit_guesses(admin.site.login)),
    path("admin/", admin.site.urls),
    path("accounts/", include("chat.account_urls")),
    path("language/", set_language, name="set_language"),
    path("jsi18n/", Texts.as_view(packages=["chat"]), name="jsi18n"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    path("metrics", health.count, name="metrics"),
    path("", include("chat.urls")),
]
