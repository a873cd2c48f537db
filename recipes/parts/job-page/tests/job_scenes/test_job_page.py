"""A job in a worker reports its progress to the person who started it."""

import pytest
from job_pages import ask, open_socket, told, told_until

from jobs.consumers import MOST_ROWS


def test_whoever_starts_a_job_gets_its_progress_and_nobody_else(two_servers, worker):
    first, second = two_servers
    with (
        worker(),
        open_socket(first) as ana,
        open_socket(first) as bia,
        open_socket(second) as again,
    ):
        ask(bia, start=2)
        ask(ana, start=5)
        frames = told_until(ana, "finished")
        job = frames[0]["job"]
        assert frames[0] == {"job": job, "waiting": True}
        assert frames[1:-1] == [
            {"job": job, "done": done, "of": 5} for done in range(1, 6)
        ]
        assert frames[-1] == {"job": job, "done": 5, "of": 5, "finished": True}
        assert {frame["job"] for frame in told_until(bia, "finished")} != {job}

        # After a reload, the page may reach another server; the worker is a third process.
        ask(again, follow=job)
        assert told(again) == frames[-1]


def test_a_job_goes_on_when_the_page_that_started_it_has_gone(two_servers, worker):
    first, second = two_servers
    with open_socket(first) as ana:
        ask(ana, start=5)
        job = told(ana)["job"]
    with open_socket(second) as ana:
        ask(ana, follow=job)
        assert told(ana) == {"job": job, "waiting": True}
        with worker():
            frames = told_until(ana, "finished")
            assert [frame["done"] for frame in frames] == [1, 2, 3, 4, 5, 5]


# Without a server and a worker of their own


@pytest.mark.parametrize(
    "frame",
    [
        "oi",
        "[]",
        "{}",
        '{"start": 0}',
        '{"start": true}',
        '{"start": "5"}',
        f'{{"start": {MOST_ROWS + 1}}}',
        '{"follow": "x"}',
        '{"follow": 7}',
        "[" * 100_000,
    ],
)
async def test_an_invalid_frame_gets_an_error_and_starts_nothing(page, frame):
    await page.send_to(text_data=frame)
    assert (await page.receive_json_from(timeout=10))["error"]


async def test_a_binary_frame_gets_an_error(page):
    await page.send_to(bytes_data=b'{"start": 5}')
    assert (await page.receive_json_from(timeout=10))["error"]
