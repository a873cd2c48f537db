"""Backup and restore: the database in one file, and back, with whichever engine it is."""

import sqlite3
from contextlib import closing

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from chat import backups
from chat.models import Room

pytestmark = pytest.mark.django_db(transaction=True)

OTHER_ENGINE = {"sqlite": b"PGDMP", "postgresql": b"SQLite format 3\0"}


@pytest.fixture
def backup(tmp_path):
    """A backup of a database with one room in it."""
    Room.objects.create(name="before")
    call_command("backup", tmp_path / "backup", verbosity=0)
    return tmp_path / "backup"


def bring_back(file):
    call_command("restore", file, "--yes", verbosity=0)


def names():
    return set(Room.objects.values_list("name", flat=True))


def test_a_restored_database_is_as_it_was(backup):
    Room.objects.create(name="after")
    Room.objects.filter(name="before").delete()
    bring_back(backup)
    assert names() == {"before"}
    Room.objects.create(name="new")  # numbered on, not refused


def test_every_room_gets_a_new_history_with_a_restore(backup):
    before = Room.objects.get().epoch
    bring_back(backup)
    assert Room.objects.get().epoch != before


async def test_open_pages_start_over_with_a_restore(join, make_room, tmp_path):
    await make_room("class")
    ana = await join("class", "ana")
    await ana.say("kept")
    await ana.hear()
    save = sync_to_async(call_command)
    await save("backup", tmp_path / "backup", verbosity=0)
    await ana.say("lost")
    await ana.hear()
    await sync_to_async(bring_back)(tmp_path / "backup")
    sync = await ana.wait_for("sync")
    assert sync["reset"] is True
    assert [message["text"] for message in sync["messages"]] == ["kept"]
    await ana.say("after")
    assert await ana.hear() == ["after"]


def test_a_table_that_is_newer_than_the_backup_is_gone_afterwards(backup):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE newer (id integer)")
    bring_back(backup)
    assert "newer" not in connection.introspection.table_names()


def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_beside_it(backup):
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in backup.parent.iterdir()] == ["backup"]


def test_a_backup_does_not_overwrite_another(backup):
    content = backup.read_bytes()
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", backup)
    assert backup.read_bytes() == content


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(CommandError, match="no folder"):
        call_command("backup", tmp_path / "nowhere" / "backup")


def other_database(path):
    """Make a database that another program could have made."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE cats (name)")
        database.commit()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("Dear diary"),
        lambda path: path.write_bytes(OTHER_ENGINE[connection.vendor] + b"\1" * 99),
        other_database,
    ],
    ids=["missing", "a folder", "empty", "a text", "another engine", "another program"],
)
def test_a_file_that_is_not_a_backup_is_refused_and_nothing_is_changed(tmp_path, make):
    Room.objects.create(name="now")
    make(tmp_path / "file")
    with pytest.raises(CommandError, match="Nothing was changed"):
        bring_back(tmp_path / "file")
    assert names() == {"now"}


def test_half_a_backup_is_refused_and_nothing_is_changed(backup):
    Room.objects.create(name="now")
    content = backup.read_bytes()
    backup.write_bytes(content[: len(content) // 3])
    with pytest.raises(CommandError, match="Nothing was changed"):
        bring_back(backup)
    assert names() == {"before", "now"}


def test_a_backup_from_a_newer_version_is_refused(tmp_path):
    table = connection.ops.quote_name("django_migrations")
    forget = f"DELETE FROM {table} WHERE name = '9999_future'"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (app, name, applied)"
            " VALUES ('chat', '9999_future', CURRENT_TIMESTAMP)"
        )
        try:
            call_command("backup", tmp_path / "backup", verbosity=0)
        finally:
            cursor.execute(forget)
    with pytest.raises(CommandError, match="9999_future"):
        bring_back(tmp_path / "backup")


@pytest.mark.parametrize("answer", ["", "n", "maybe"])
def test_without_a_yes_the_database_is_kept(backup, monkeypatch, answer):
    Room.objects.create(name="now")
    monkeypatch.setattr("builtins.input", lambda question: answer)
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("restore", backup)
    assert names() == {"before", "now"}


def test_a_missing_program_of_postgresql_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backups.BackupError, match="no pg_dump on this machine"):
        backups.run(["pg_dump"])


def test_a_restore_brings_back_no_session_that_had_ended(people, tmp_path):
    """Otherwise a copied cookie would work again, long after Ana logged out."""
    copied = Client()
    copied.cookies = people["ana"].cookies.copy()
    call_command("backup", tmp_path / "backup", verbosity=0)
    people["ana"].post("/accounts/logout/")
    bring_back(tmp_path / "backup")
    assert copied.get("/chat/").status_code == 302
    assert people["bia"].get("/chat/").status_code == 200


def test_two_backups_into_one_file_at_once_do_not_mix(tmp_path, monkeypatch):
    """As when yesterday's still runs."""
    save, parts = backups.save, []

    def save_both(path):
        parts.append(path)
        if len(parts) == 1:
            call_command("backup", tmp_path / "backup", verbosity=0)
        save(path)

    monkeypatch.setattr(backups, "save", save_both)
    call_command("backup", tmp_path / "backup", verbosity=0)
    assert len(set(parts)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]
    bring_back(tmp_path / "backup")
