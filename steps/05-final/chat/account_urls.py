"""The URLs of accounts: Django's own views, with our page around their forms."""

from django.contrib.auth import views as auth
from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from chat import accounts, throttle
from chat.throttle import address_of, limit_forms, limit_guesses, mailbox_in


def page(title, **more):
    """Return the options of a view that shows its form, or a text, in our page."""
    extra = {"title": title, **more}
    return {"template_name": accounts.FORM, "extra_context": extra}


sign_up = accounts.SignUp.as_view(**page(_("Sign up")))
log_in = auth.LoginView.as_view(**page(_("Log in")))
change_password = auth.PasswordChangeView.as_view(
    **page(_("Change password")),
    form_class=accounts.PasswordForm,
    success_url=reverse_lazy("lobby"),
)
ask_for_link = accounts.AskForLink.as_view(**page(_("Send me a link")))
link_sent = TemplateView.as_view(
    **page(
        _("Check your mail"),
        text=_(
            "If there is an account with this address, a link to choose a new password"
            " is on its way. It works for one hour."
        ),
    )
)
choose_password = auth.PasswordResetConfirmView.as_view(
    **page(_("Choose a new password")),
    # A person who has mistyped the old one too often may still be locked out of the
    # log-in page.
    post_reset_login=True,
    post_reset_login_backend=accounts.BACKEND,
    success_url=reverse_lazy("lobby"),
)

urlpatterns = [
    path(
        "signup/",
        limit_forms(sign_up, (throttle.sign_ups, address_of)),
        name="signup",
    ),
    path("login/", limit_guesses(log_in), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("password/", limit_guesses(change_password), name="password_change"),
    path(
        "password/reset/",
        limit_forms(
            ask_for_link,
            (throttle.resets, address_of),
            (throttle.mails, mailbox_in),
        ),
        name="password_reset",
    ),
    path("password/reset/sent/", link_sent, name="password_reset_done"),
    path(
        "password/reset/<uidb64>/<token>/",
        limit_guesses(choose_password),
        name="password_reset_confirm",
    ),
]
