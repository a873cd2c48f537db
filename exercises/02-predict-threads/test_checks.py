"""What is held while ten requests wait: predicted, then counted."""

import re

import pytest

from course.exercise.kit import expect, load, predicted

WORDS = "zero one two three four five six seven eight nine ten eleven twelve thirteen"
NUMBERS = {word: number for number, word in enumerate(WORDS.split())}

# Django asks for a database connection to close, if there is one, at each request.
pytestmark = pytest.mark.django_db(transaction=True)


def test_1_a_sync_view_under_wsgi():
    """Question 1: a sync view under WSGI."""
    given = number_in(1)
    true = run("under_wsgi", "/sleeps/", enough=4).most_inside
    why = {
        1: "WSGI says how a server makes a call. It doesn't say how many calls it makes at"
        " the same time.",
        10: "What can the fifth request do while all the pool's threads sleep?",
    }
    judge(1, given, true, why, "How many threads are there that can make a call?")


def test_2_an_async_view_under_wsgi():
    """Question 2: an async view under WSGI."""
    given = number_in(2)
    true = run("under_wsgi", "/awaits/", enough=4).most_inside
    why = {
        1: "Does one thread of the pool wait for another?",
        10: "The view awaits, but when does the call return that the thread has made?",
    }
    judge(
        2, given, true, why, "What does a thread of the pool do until its call returns?"
    )


def test_3_bare_asgi():
    """Question 3: bare ASGI."""
    given = number_in(3)
    bare = load("chat.waiting", "bare")
    true = run("under_asgi", "/", bare, enough=10).most_threads
    thread_each = (
        "What waits here is a coroutine. Does anything ask for another thread?"
    )
    why = {
        0: "Don't forget the thread that runs the loop.",
        4: "There's no pool of threads in `under_asgi`.",
        10: thread_each,
        11: thread_each,
    }
    judge(3, given, true, why, "Which line would start a thread?")


def test_4_an_async_view_under_asgi():
    """Question 4: an async view of Django under ASGI."""
    given = number_in(4)
    true = run("under_asgi", "/awaits/", enough=10).most_threads
    why = {
        1: "The view needs no other thread, but is there no sync code around it? Django"
        " announces each request with a signal.",
        2: "The sync code of one request shares a thread. Do all requests share it?",
        10: "Don't forget the thread that runs the loop.",
    }
    judge(4, given, true, why, "What does Django keep for each open request?")


def test_5_a_sync_view_under_asgi():
    """Question 5: a sync view under ASGI."""
    given = number_in(5)
    true = run("under_asgi", "/sleeps/", enough=10).most_inside
    why = {
        1: "A sync view doesn't run in the loop. Does each request have a thread of its own"
        " for it, or do all share one?",
        4: "There's no pool of four threads in `under_asgi`.",
    }
    judge(5, given, true, why, "In which thread does each of the views run?")


def test_6_an_async_view_that_blocks():
    """Question 6: an async view that blocks."""
    given = number_in(6)
    true = run("under_asgi", "/blocks/", enough=1, seconds=(0.02,)).most_inside
    thought = (
        "An async view runs in the loop, and the others run when it gives the loop back."
        " At which line does `blocks` do that?"
    )
    judge(6, given, true, {}, thought)


def run(experiment, *arguments, enough, seconds=(0.06, 0.5, 1.5)):
    """Return what an experiment counts.

    On a slow machine, the first requests may be done before the last ones have begun. So
    until `enough` were inside together, it's repeated, and each time they wait longer.
    """
    from chat import waiting

    for waiting.SECONDS in seconds:
        counted = load("experiment", experiment)(*arguments)
        if counted.most_inside >= enough:
            break
    return counted


def number_in(question):
    """Return the number that the student predicts: "4", "four threads", "11 (10 + 1)"."""
    given = predicted(question)
    words = re.findall(r"\d+|[a-z]+", given)
    found = [int(word) if word.isdigit() else NUMBERS.get(word) for word in words]
    numbers = [number for number in found if number is not None]
    expect(
        numbers,
        f"Write a number as the answer to question {question}, not {given!r}.",
    )
    return numbers[0]


def judge(question, given, true, why, otherwise):
    """Compare a prediction with what was counted."""
    thought = why.get(given, otherwise)
    expect(given == true, f"Question {question}: it's not {given}. {thought}")
