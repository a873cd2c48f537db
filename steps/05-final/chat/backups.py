"""Backup and restore of the whole database, in one file, for SQLite and PostgreSQL.

Not a package such as django-dbbackup: with SQLite it copies statements or the live file,
and it doesn't check a file before it replaces the database.
"""

import os
import re
import sqlite3
import subprocess
import tempfile
from contextlib import closing

from django.db import connection
from django.db.migrations.loader import MigrationLoader

# How the file of each engine begins.
BEGINNINGS = {"sqlite": b"SQLite format 3\0", "postgresql": b"PGDMP"}
LOCK_TIMEOUT = "30s"


class BackupError(Exception):
    """Why there is no backup, or nothing was restored, as a sentence."""


def engine_of(path):
    """Return which engine made a backup; raise BackupError if it isn't a backup."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as problem:
        raise BackupError(f"{path} can't be read: {problem.strerror}.") from problem
    for engine, beginning in BEGINNINGS.items():
        if start.startswith(beginning):
            return engine
    raise BackupError(f"{path} is not a backup of this chat.")


def save(path):
    """Write the database to a file that doesn't exist yet."""
    engine_for(connection.vendor).save(path)


def bring_back(path):
    """Replace the whole database by a backup, or leave it as it is."""
    engine = engine_of(path)
    if engine != connection.vendor:
        raise BackupError(
            f"{path} is a backup of {engine}, and this chat uses {connection.vendor}:"
            " DATABASE_URL says which."
        )
    engine_for(engine).bring_back(path)


def engine_for(vendor):
    """Return the class that saves and restores this kind of database."""
    engines = {"sqlite": SQLite, "postgresql": PostgreSQL}
    if vendor not in engines:
        raise BackupError(f"Only SQLite and PostgreSQL can be saved, not {vendor}.")
    return engines[vendor]()


def refuse_migrations(known_there, path):
    """Raise BackupError unless every migration in a backup is one of this code."""
    ours = MigrationLoader(None).disk_migrations
    if ("chat", "0001_initial") not in known_there:
        raise BackupError(f"{path} is not a backup of this chat.")
    unknown = {(app, name) for app, name in known_there if (app, name) not in ours}
    if unknown:
        names = ", ".join(sorted(f"{app}.{name}" for app, name in unknown))
        raise BackupError(
            f"{path} comes from a newer version of the chat: this one lacks {names}."
        )


class SQLite:
    """Uses SQLite's own backup, which is correct even while the processes write."""

    def save(self, path):
        """Copy the live database."""
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as copy:
            connection.connection.backup(copy)
            # One file, not three: nothing else writes to a backup.
            copy.execute("PRAGMA journal_mode=DELETE")

    def bring_back(self, path):
        """Copy a backup over the live database, in one transaction."""
        url = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(url, uri=True)) as copy:
            try:
                (state,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
                rows = copy.execute("SELECT app, name FROM django_migrations")
                known = set(rows.fetchall()) if state == "ok" else set()
            except sqlite3.OperationalError as problem:  # no such table
                raise BackupError(f"{path} is not a backup of this chat.") from problem
            except sqlite3.DatabaseError as problem:
                raise BackupError(f"{path} is damaged: {problem}.") from problem
            if state != "ok":
                raise BackupError(f"{path} is damaged.")
            refuse_migrations(known, path)
            connection.ensure_connection()
            copy.backup(connection.connection)


class PostgreSQL:
    """Uses pg_dump and pg_restore, which come with PostgreSQL's client programs."""

    def save(self, path):
        """Dump the database as of one moment, while the processes write."""
        run(["pg_dump", "--format=custom", "--file", str(path), *self.database()])

    def bring_back(self, path):
        """Replace all tables in one transaction."""
        read = ["pg_restore", "--no-owner", "--no-privileges", "--file=-"]
        table = run([*read, "--data-only", "--table=django_migrations", str(path)])
        rows = re.findall(r"^\d+\t(\w+)\t(\w+)\t", table, re.MULTILINE)
        refuse_migrations(set(rows), path)
        # Drop tables that are newer than the backup too, or `migrate` would fail on them.
        clear = (
            f"SET lock_timeout = '{LOCK_TIMEOUT}';"
            " DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        )
        with tempfile.TemporaryDirectory() as folder:
            # Through a file: if a pipe broke, psql would commit the half that it has read.
            script = f"{folder}/script.sql"
            run([*read[:-1], f"--file={script}", "--schema=public", str(path)])
            run(
                ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
                + ["--single-transaction", f"--output={os.devnull}", *self.database()]
                + [f"--command={clear}", f"--file={script}"]
            )

    def database(self):
        """Return the options that name the database, without the password."""
        names = {"HOST": "--host", "PORT": "--port", "USER": "--username"}
        chosen = connection.settings_dict
        options = [f"{names[key]}={chosen[key]}" for key in names if chosen[key]]
        return [*options, f"--dbname={chosen['NAME']}"]


def run(command):
    """Run a program of PostgreSQL; return what it prints."""
    chosen = connection.settings_dict
    # As Django's own `manage.py dbshell` passes on the password and the TLS options.
    _, env = connection.client.settings_to_cmd_args_env(chosen, [])
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            env=os.environ | (env or {}),
        )
    except FileNotFoundError as problem:
        raise BackupError(
            f"There is no {command[0]} on this machine. Debian, Ubuntu:"
            " sudo apt install postgresql-client"
        ) from problem
    if done.returncode:
        raise BackupError(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout
