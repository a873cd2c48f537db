"""What the scenes with jobs need: a Celery worker, and a page."""

import sys
import time
import uuid
from contextlib import contextmanager

import pytest
from job_pages import page_without_server, running


@pytest.fixture
def worker(tmp_path):
    """Return a real Celery worker, which runs in a `with` block."""
    arguments = ["-m", "celery", "-A", "config", "worker"]
    arguments += ["--concurrency=1", "--loglevel=INFO", f"--hostname={uuid.uuid4()}@%h"]
    if sys.platform == "win32":
        arguments += ["--pool=solo"]  # Celery's usual pool doesn't work on Windows
    log_path = tmp_path / "worker"

    @contextmanager
    def worker():
        with running(arguments, log_path) as process:
            deadline = time.monotonic() + 60
            while " ready." not in log_path.read_text():
                assert process.poll() is None, log_path.read_text()
                assert time.monotonic() < deadline, log_path.read_text()
                time.sleep(0.05)
            yield

    return worker


@pytest.fixture
async def page(settings):
    """An open page."""
    async with page_without_server(settings) as page:
        yield page
