import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils.crypto import get_random_string


def fill(apps, schema_editor):
    """Rooms that everybody sees keep their URL; a private one gets one of its own."""
    Room = apps.get_model("chat", "Room")
    public = Room.objects.filter(kind__in=["open", "password"])
    public.update(slug=models.F("name"))
    private = Room.objects.exclude(kind__in=["open", "password"])
    for pk, name in list(private.values_list("pk", "name")):
        slug = f"{name}-{get_random_string(8).lower()}"
        Room.objects.filter(pk=pk).update(slug=slug)


class Migration(migrations.Migration):

    dependencies = [
        ("chat", "0002_safe"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="room", options={"ordering": ["name", "pk"]}
        ),
        migrations.AddField(
            model_name="room",
            name="slug",
            field=models.CharField(default="", editable=False, max_length=120),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="room",
            name="slug",
            field=models.CharField(editable=False, max_length=120, unique=True),
        ),
        migrations.AlterField(
            model_name="room",
            name="name",
            field=models.CharField(max_length=100),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["open", "password"])),
                fields=("name",),
                name="one_listed_room_of_each_name",
                violation_error_message="A room with this name already exists.",
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
