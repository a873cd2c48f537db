"""What the playground gives a project with accounts, here without a browser."""

import asyncio
import hashlib
import itertools
import sqlite3

import pytest


@pytest.fixture
def accounts(import_for_the_browser):
    """The module that a project with accounts gets."""
    return import_for_the_browser("accounts")


@pytest.mark.parametrize(
    ("name", "password", "length"),
    [
        ("sha256", b"let-me-chat", None),
        ("sha256", b"", 20),
        ("sha256", b"longer than one block of the hash" * 3, 65),
        ("sha1", b"let-me-chat", 41),
    ],
)
def test_a_password_has_the_hash_that_python_gives_it(accounts, name, password, length):
    asked = (name, password, b"salt", 30, length)
    assert accounts.pbkdf2_hmac(*asked) == hashlib.pbkdf2_hmac(*asked)


def test_a_deadline_that_has_passed_is_due_at_once(accounts):
    """Pyodide's loop refuses to wait for less than nothing, and its clock goes on."""
    server = accounts.server
    moments, waits = itertools.count(), []

    class BrowserLoop:
        call_at = server.call_at

        def time(self):
            return next(moments)

        def call_later(self, delay, callback, *args, context=None):
            if delay < 0:
                raise ValueError("Can't schedule in the past")
            waits.append(delay)

    loop = BrowserLoop()
    loop.call_at(loop.time() + 0.5, print)
    loop.call_at(loop.time() + 5, print)
    assert waits == [0, 4]


def test_a_pool_without_threads_keeps_results_and_exceptions(accounts):
    assert accounts.submit(None, divmod, 7, 2).result() == (3, 1)
    with pytest.raises(ZeroDivisionError):
        accounts.submit(None, divmod, 7, 0).result()


def test_each_change_of_the_database_is_told_once(accounts, monkeypatch, tmp_path):
    file = tmp_path / "db.sqlite3"
    monkeypatch.setattr(accounts, "path", lambda: file)
    told = []

    async def write_and_read():
        project = sqlite3.connect(file, isolation_level=None)
        project.execute("PRAGMA journal_mode=WAL")
        project.execute("CREATE TABLE message (text)")
        kept = accounts.Kept(told.append)
        for text in ("oi", "olá"):
            project.execute("INSERT INTO message VALUES (?)", [text])
        for _ in range(3):
            kept.look_soon()
        await asyncio.sleep(0)
        kept.look_soon()
        await asyncio.sleep(0)
        for connection in (project, kept.connection):
            connection.close()

    asyncio.run(write_and_read())
    assert len(told) == 2
    copy = tmp_path / "copy.sqlite3"
    monkeypatch.setattr(accounts, "path", lambda: copy)
    accounts.restore(told[-1])
    opened = sqlite3.connect(copy)
    assert opened.execute("SELECT text FROM message").fetchall() == [("oi",), ("olá",)]
    opened.close()
