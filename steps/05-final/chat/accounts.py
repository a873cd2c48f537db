"""Signing up. Everything else about accounts is Django's own."""

from django.contrib.auth import login
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.views import RedirectURLMixin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import CreateView

from chat.lookalikes import mixes_alphabets


class SignUpForm(UserCreationForm):
    """A new account. Django refuses a name that is taken, in upper or lower case."""

    def clean_username(self):
        """Refuse a name that looks like somebody else's."""
        name = super().clean_username()
        if name and mixes_alphabets(name):
            raise ValidationError(
                _("Use one alphabet only: this could look like another name.")
            )
        return name


class SignUp(RedirectURLMixin, CreateView):
    """Make an account and go on into the lobby, logged in."""

    form_class = SignUpForm
    template_name = "registration/form.html"
    next_page = reverse_lazy("lobby")  # unless the URL names another page of ours

    def get_success_url(self):
        """Return the page that a person wanted before signing up."""
        return RedirectURLMixin.get_success_url(self)

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
            form.add_error(
                "username", person.unique_error_message(type(person), ["username"])
            )
            return self.form_invalid(form)
        self.object = person
        # There are two backends; this is the one that checks passwords.
        login(self.request, person, "django.contrib.auth.backends.ModelBackend")
        return HttpResponseRedirect(self.get_success_url())
