"""Signing up, and what our pages add to Django's own views of accounts."""

import logging
from concurrent.futures import ThreadPoolExecutor

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import (
    PasswordChangeForm,
    PasswordResetForm,
    UserCreationForm,
)
from django.contrib.auth.views import PasswordResetView, RedirectURLMixin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.shortcuts import render
from django.urls import get_script_prefix, reverse_lazy, set_script_prefix
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from chat.lookalikes import mixes_alphabets

FORM = "registration/form.html"
# Of the two in config/passwords.py, the one that checks passwords.
BACKEND = "django.contrib.auth.backends.ModelBackend"

mailer = ThreadPoolExecutor(1, "mail")
log = logging.getLogger(__name__)


def offers(request):
    """Tell every template what this site offers (TEMPLATES in config/settings.py)."""
    return {"can_sign_up": settings.SIGNUP, "can_reset": bool(settings.MAIL)}


class WithEmail(forms.Form):
    """A form that also takes an email address, if the site can send mail."""

    email = forms.EmailField(
        label=_("Email"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_(
            "Optional. We only use it to send you a link if you forget your password."
        ),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if not settings.MAIL:
            del self.fields["email"]


class SignUpForm(WithEmail, UserCreationForm):
    """A new account. Django refuses a name that is taken, in upper or lower case."""

    class Meta(UserCreationForm.Meta):
        fields = ["username", "email"]

    def clean_username(self):
        """Refuse a name that looks like somebody else's."""
        name = super().clean_username()
        if name and mixes_alphabets(name):
            raise ValidationError(
                _("Use one alphabet only: this could look like another name.")
            )
        return name


class PasswordForm(WithEmail, PasswordChangeForm):
    """A new password, and the email address to use if it's forgotten."""

    field_order = ["old_password", "new_password1", "new_password2", "email"]

    def __init__(self, user, *args, **options):
        super().__init__(user, *args, **options)
        self.initial["email"] = user.email

    def save(self, commit=True):
        """Store both."""
        self.user.email = self.cleaned_data.get("email", self.user.email)
        return super().save(commit)


class ResetForm(PasswordResetForm):
    """Sends the mail in a thread of its own.

    Sending takes a second, and only for an address that has an account. If the page
    waited for it, anyone with a watch could tell which addresses have one.
    """

    def save(self, **options):
        """Leave everything that depends on the address to the thread."""
        mailer.submit(self.send, get_language(), get_script_prefix(), options)

    def send(self, language, mounted_at, options):
        """Send the mail in the language of the page, with a link to this site."""
        set_script_prefix(mounted_at)
        try:
            with override(language):
                super().save(**options)
        except Exception:
            log.exception("A link to choose a new password was not sent.")
        finally:
            connection.close()  # each thread has its own


def closed(request, title, text):
    """Answer that the site doesn't offer this, and what to do instead."""
    return render(request, FORM, {"title": title, "text": text}, status=403)


class AskForLink(PasswordResetView):
    """Ask for an email address, and send it a link to choose a new password."""

    form_class = ResetForm

    def dispatch(self, request, *args, **kwargs):
        """Refuse if the site can't send mail."""
        if settings.MAIL:
            return super().dispatch(request, *args, **kwargs)
        ask = _("This site can’t send mail. Ask an administrator for a new password.")
        return closed(request, _("Forgot your password?"), ask)


class SignUp(RedirectURLMixin, FormView):
    """Make an account and go on into the lobby, logged in."""

    form_class = SignUpForm
    template_name = FORM
    next_page = reverse_lazy("lobby")  # unless the URL names another page of ours

    def dispatch(self, request, *args, **kwargs):
        """Refuse if the site makes accounts in another way."""
        if settings.SIGNUP:
            return super().dispatch(request, *args, **kwargs)
        ask = _("Ask an administrator for an account.")
        return closed(request, _("Sign-up is closed"), ask)

    def form_valid(self, form):
        """Log in the person who has just made an account."""
        # This hashes the password, so before the transaction: a class that signs up at
        # once would wait for the hasher with the database locked, or all connections.
        person = form.save(commit=False)
        try:
            with transaction.atomic():
                person.save()
        except IntegrityError:
            # A double click: the first click has just made this account.
            taken = person.unique_error_message(type(person), ["username"])
            form.add_error("username", taken)
            return self.form_invalid(form)
        login(self.request, person, BACKEND)
        return super().form_valid(form)
