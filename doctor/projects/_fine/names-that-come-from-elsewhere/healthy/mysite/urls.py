from django.urls import include, path

urlpatterns = [path("chat/", include("chat.urls"))]


def title():
    return _("chat"), unknown_here  # noqa: F821
