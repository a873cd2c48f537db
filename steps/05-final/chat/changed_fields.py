"""An admin that writes only what was changed on its page, for people who chat meanwhile."""

from django.contrib import messages
from django.db import IntegrityError, connection, models
from django.shortcuts import redirect
from django.utils.translation import gettext as _


class ChangesForm:
    """A form that applies only the fields that were changed on its page.

    Otherwise Save on a page that was opened an hour ago would write back everything it
    shows: the old name, a ban that was lifted, a member who has left since.
    """

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name in self.stored():
            # The page also sends back what it showed, for Django to compare with.
            self.fields[name].show_hidden_initial = True

    def stored(self):
        """Return the names of the fields that the form can write."""
        columns = {field.name for field in self._meta.model._meta.get_fields()}
        return {
            name
            for name, field in self.fields.items()
            if name in columns and not field.disabled
        }

    def clean(self):
        """Keep what wasn't changed as it is in the database now."""
        content = super().clean()
        if self.instance.pk:
            for name in self.stored() - set(self.changed_data):
                self.errors.pop(name, None)
                if hasattr(self.instance, name):
                    content[name] = getattr(self.instance, name)
        return content

    def written(self):
        """Return the names of the columns to write."""
        lists = {field.name for field in self._meta.model._meta.many_to_many}
        return (self.stored() & set(self.changed_data)) - lists

    def save_lists(self):
        """Add to each list what was added on the page, and remove what was removed."""
        for field in self._meta.model._meta.many_to_many:
            if field.name not in self.changed_data:
                continue
            now = getattr(self.instance, field.name)
            shown = self.data.getlist(self[field.name].html_initial_name)
            chosen = self.cleaned_data[field.name]
            now.add(*[one for one in chosen if str(one.pk) not in shown])
            removed = set(shown) - {str(one.pk) for one in chosen}
            now.remove(*[one for one in now.all() if str(one.pk) in removed])


class ChangesAdmin:
    """An admin that writes only what was changed, and asks before deleting in one page."""

    def get_object(self, request, object_id, from_field=None):
        """Return the object of a page; lock it while a form is saved, so that it stays."""
        found = super().get_object(request, object_id, from_field)
        if found and connection.in_atomic_block:
            locked = self.model.objects.select_for_update(no_key=True)
            found = locked.filter(pk=found.pk).first()
        return found

    def changeform_view(self, request, *args, **kwargs):
        """Show or save a form; report two saves at once, such as a double click."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            message = _(
                "Somebody else saved the same thing at the same time. Check it, then try"
                " again."
            )
            self.message_user(request, message, messages.ERROR)
            return redirect(request.path)

    def save_model(self, request, obj, form, change):
        """Write the columns that were changed."""
        obj.save(update_fields=form.written() if change else None)

    def save_related(self, request, form, formsets, change):
        """Write to the lists only what was added or removed."""
        if change:
            form.save_lists()
        else:
            super().save_related(request, form, formsets, change)

    def get_deleted_objects(self, objs, request):
        """Count what would be deleted; Django itself would list every message."""
        counts = {self.opts.verbose_name_plural: len(objs)}
        forbidden = set()
        for relation in self.opts.get_fields(include_hidden=True):
            is_from_elsewhere = relation.auto_created and not relation.concrete
            if not is_from_elsewhere or relation.on_delete is not models.CASCADE:
                continue
            model = relation.related_model
            pointing = {f"{relation.field.name}__in": [one.pk for one in objs]}
            if count := model._base_manager.filter(**pointing).count():
                counts[model._meta.verbose_name_plural] = count
                owner = self.admin_site._registry.get(model)
                if owner and not owner.has_delete_permission(request):
                    forbidden.add(model._meta.verbose_name)
        return [str(one) for one in objs], counts, forbidden, []
