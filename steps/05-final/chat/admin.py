"""The chat in the admin: rooms and their members, messages, invitations and people."""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.shortcuts import render
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from chat.changed_fields import ChangesAdmin, ChangesForm
from chat.forms import RoomForm
from chat.models import Invite, Message, Room

MOST_OF_A_MESSAGE = 200  # characters shown in the list

User = get_user_model()
admin.site.unregister(User)


class RoomAdminForm(ChangesForm, RoomForm):
    """The form of the lobby, which here can change an existing room too."""

    def written(self):
        """Write the hash too, if there is a new password."""
        has_password = bool(self.cleaned_data.get("password"))
        return super().written() | ({"password_hash"} if has_password else set())


@admin.register(Room)
class RoomAdmin(ChangesAdmin, admin.ModelAdmin):
    """Rooms, with the form of the lobby and the list of members."""

    form = RoomAdminForm
    fields = ["name", "kind", "password", "members", "made_by", "slug"]
    readonly_fields = ["made_by", "slug"]
    autocomplete_fields = ["members"]
    list_display = ["name", "kind", "made_by", "slug"]
    list_select_related = ["made_by"]
    list_filter = ["kind"]
    search_fields = ["name", "=made_by__username"]
    view_on_site = False  # staff who aren't members would get a 404


class ReadOnlyAdmin(admin.ModelAdmin):
    """An admin for rows that only the chat creates: it shows and deletes them."""

    show_full_result_count = False

    def has_add_permission(self, request):
        """Refuse, because only the chat creates them."""
        return False

    def has_change_permission(self, request, obj=None):
        """Refuse, because no one may rewrite what others have said or done."""
        return False


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Messages, to find and delete those that must not stay."""

    fields = ["room", "seq", "sender", "at", "text"]
    list_display = ["beginning", "sender", "room", "at", "seq"]
    list_select_related = ["room", "sender"]
    ordering = ["-pk"]
    search_fields = ["=room__name", "=sender__username", "text"]
    actions = ["delete_all_of_senders"]

    @admin.display(description=_("text"))
    def beginning(self, message):
        """Return as much of a message as fits into a list."""
        return Truncator(message.text).chars(MOST_OF_A_MESSAGE)

    @admin.action(
        description=_("Delete everything that these senders have written"),
        permissions=["delete"],
    )
    def delete_all_of_senders(self, request, chosen):
        """Ask, then delete: a spammer has written more than the page shows."""
        senders = User.objects.filter(pk__in=chosen.values("sender"))
        found = Message.objects.filter(sender__in=senders)
        if "post" in request.POST:
            count, _by_model = found.delete()
            done = _("%(count)d messages were deleted.") % {"count": count}
            return self.message_user(request, done, messages.SUCCESS)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Are you sure?"),
            "opts": self.opts,
            "media": self.media,
            "senders": senders,
            "count": found.count(),
            "queryset": chosen,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return render(request, "admin/delete_all_of_senders.html", context)


@admin.register(Invite)
class InviteAdmin(ReadOnlyAdmin):
    """Invites: who made them for which room. Deleting one revokes it."""

    fields = ["room", "made_by", "expires", "claimed_by", "claimed_at"]
    list_display = fields
    list_select_related = ["room", "made_by", "claimed_by"]
    list_filter = [("claimed_at", admin.EmptyFieldListFilter)]
    search_fields = ["room__name", "made_by__username", "claimed_by__username"]


RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]


class PersonForm(ChangesForm, UserChangeForm):
    """Django's form, which writes only what was changed."""


@admin.register(User)
class PersonAdmin(ChangesAdmin, UserAdmin):
    """Django's admin for people, which writes only what was changed.

    Staff who may change people could give themselves every right in Django's own, or
    set the password of a superuser and log in as one. Here only a superuser can.
    """

    form = PersonForm

    def get_readonly_fields(self, request, obj=None):
        """Let only a superuser give and take rights."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, *RIGHTS]

    def has_change_permission(self, request, obj=None):
        """Let staff change themselves, and people who are not staff."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj == request.user or may_touch(request.user, obj))

    def has_delete_permission(self, request, obj=None):
        """Let staff delete people who are not staff."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and may_touch(request.user, obj)

    def get_deleted_objects(self, objs, request):
        """Refuse to delete staff in the list of people, too."""
        shown, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        if not all(may_touch(request.user, one) for one in objs):
            forbidden.add(self.opts.verbose_name)
        return shown, counts, forbidden, protected


def may_touch(staff, person):
    """Return whether staff may change or delete a person; if None, any person at all."""
    return (
        staff.is_superuser
        or person is None
        or not (person.is_staff or person.is_superuser)
    )
