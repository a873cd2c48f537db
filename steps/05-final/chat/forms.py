"""The forms to make a room and to enter one."""

import re

from django import forms
from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext_lazy as _

from chat.lookalikes import mixes_alphabets
from chat.models import Room
from chat.rooms import problem_with, tidy

SHORTEST_PASSWORD = 4
MOST_ROOMS = 50  # made by one person

WORD = re.compile(r"[^\W\d_]+")  # letters, so that “π-day” is two


class RoomForm(forms.ModelForm):
    """A new room, made by a person, or in the admin."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        min_length=SHORTEST_PASSWORD,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Only for a room with a password."),
    )

    class Meta:
        model = Room
        fields = ["name", "kind"]
        labels = {"name": _("Name"), "kind": _("Kind")}

    def __init__(self, *args, user=None, **options):
        super().__init__(*args, **options)
        self.user = user
        self.hashed = None

    def hash_password(self):
        """Hash the password. That may take seconds, so call it before a transaction."""
        if self.is_valid() and self.cleaned_data.get("password"):
            self.hashed = make_password(self.cleaned_data["password"])
        # Validate again in the transaction, when no one else can take the name.
        self._errors = None

    def clean_name(self):
        """Refuse names that URLs change, and names that look like another name."""
        name = tidy(self.cleaned_data["name"])
        if problem := problem_with(name):
            raise forms.ValidationError(problem)
        if any(mixes_alphabets(word) for word in WORD.findall(name)):
            raise forms.ValidationError(
                _("A word in more than one alphabet could look like another name.")
            )
        # Only among rooms this person knows of: the answer must not reveal others.
        if self.user and Room.listed_for(self.user).named(name).exists():
            raise forms.ValidationError(_("A room with this name already exists."))
        return name

    def clean(self):
        """Require a password for a room with a password."""
        content = super().clean()
        if self.user and self.has_made_enough():
            limit = {"count": MOST_ROOMS}
            self.add_error(
                None,
                _("You have made %(count)d rooms, which is the limit.") % limit,
            )
        with_password = content.get("kind") == Room.Kind.PASSWORD
        known = self.instance.password_hash
        if with_password and not (content.get("password") or known):
            if "password" not in self.errors:
                self.add_error("password", _("A room with a password needs one."))
        return content

    def has_made_enough(self):
        """Return whether this person has reached the limit. Staff have none."""
        made = Room.objects.filter(made_by=self.user)
        return not self.user.is_staff and made.count() >= MOST_ROOMS

    def save(self, commit=True):
        """Store the room, with a hash of the password."""
        if self.user:
            self.instance.made_by = self.user
        if self.cleaned_data.get("password"):
            typed = self.cleaned_data["password"]
            self.instance.password_hash = self.hashed or make_password(typed)
        return super().save(commit)


class EnterForm(forms.Form):
    """The password of a room."""

    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "autofocus": True}),
    )

    def __init__(self, room, *args, **options):
        super().__init__(*args, **options)
        self.room = room

    def clean_password(self):
        """Compare with the password of the room."""
        typed = self.cleaned_data["password"]
        if not self.room.is_password(typed):
            raise forms.ValidationError(_("This is not the password of the room."))
        return typed
