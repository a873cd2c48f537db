"""What the scenes with jobs need: a database, a worker that reads it, and a page."""

import subprocess
import sys

import pytest
from job_pages import page_without_server, running
from servers import PROJECT


@pytest.fixture
def database(tmp_path, monkeypatch):
    """Give the servers and the worker a database of their own."""
    monkeypatch.setenv("DATABASE", str(tmp_path / "db.sqlite3"))
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=PROJECT, check=True)


@pytest.fixture
def two_servers(database, two_servers):
    """Start the servers on that database."""
    return two_servers


@pytest.fixture
def worker(database, tmp_path):
    """Return a real worker, which runs in a `with` block."""
    arguments = ["manage.py", "db_worker", "--no-reload", "--interval=0.1"]
    return lambda: running(arguments, tmp_path / "worker")


@pytest.fixture
async def page(transactional_db, settings):
    """An open page."""
    async with page_without_server(settings) as page:
        yield page
