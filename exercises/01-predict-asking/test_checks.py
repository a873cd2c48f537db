"""What "What asking costs" asks: the experiment runs, and the predictions are compared."""

import re

import pytest
from experiment import run

from course.exercise.kit import expect, predicted

pytestmark = pytest.mark.django_db

WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen"
    " fourteen fifteen sixteen seventeen eighteen nineteen twenty"
).split()
TENS = {"none": 0, "no": 0, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60}
NUMBERS = {word: number for number, word in enumerate(WORDS)} | TENS
FIVE = (3, 8, 13, 18, 23)  # seconds at which Ana writes


def number(question):
    """Return the first number in a prediction."""
    said = predicted(question)
    for word in re.findall(r"\d+(?:[.,]\d+)?|[a-z]+", said):
        if word[0].isdigit():
            return float(word.replace(",", "."))
        if word in NUMBERS:
            return NUMBERS[word]
    expect(False, f'Question {question} asks for a number. "{said}" has none.')


def compare(question, true, margin, sentences):
    """Raise NotYet if a prediction is off, with the sentence for what it may come from.

    `sentences` are pairs: the prediction they belong to, and what to think about. The
    last one has None, for all others.
    """
    guess = number(question)
    if abs(guess - true) <= margin:
        return
    for usual, sentence in sentences:
        if usual is None or abs(guess - usual) <= margin:
            expect(False, f"Question {question}: it's not {guess:g}. {sentence}")


def random_moments():
    """Return moments of which each falls elsewhere between two polls, 10 s apart."""
    return [number * 10 + (number * 37 % 100 + 0.5) / 10 for number in range(100)]


def test_short_polling_in_silence():
    """Question 1: short polling while nobody writes."""
    one, _ = run(30)
    two = one + run(30)[0]
    compare(
        1,
        two,
        2,
        [
            (0, "How does a page know that nobody has written?"),
            (one, "That's what one window sends."),
            (None, "How many times does one window ask, every 2 seconds?"),
        ],
    )


def test_short_polling_with_messages():
    """Question 2: short polling while Ana writes."""
    two = sum(run(30, writes=FIVE)[0] for _ in range(2))
    more = "Does a message make a page ask sooner, or more often?"
    compare(2, two, 2, [(two / 2, "That's one window."), (None, more)])


def test_how_late_on_average():
    """Question 3: how long a message waits on average."""
    _, delays = run(1010, every=10, writes=random_moments())
    compare(
        3,
        sum(delays) / len(delays),
        0.6,
        [
            (0, "Who has to ask before the server can send Bia anything?"),
            (10, "And a message that is written right before Bia asks?"),
            (
                None,
                "How short can the wait be, and how long? The average is in between.",
            ),
        ],
    )


def test_how_late_at_most():
    """Question 4: how long a message waits at most."""
    _, delays = run(1010, every=10, writes=random_moments())
    sentence = "And a message that is written right after Bia has asked?"
    compare(4, max(delays), 0.6, [(None, sentence)])


def test_long_polling_in_silence():
    """Question 5: long polling while nobody writes."""
    one, _ = run(30, wait=25)
    two = one + run(30, wait=25)[0]
    compare(
        5,
        two,
        0.1,
        [
            (one, "What happens after 25 seconds? And have you counted both windows?"),
            (None, "Each request is held. For how long, and what does a page do then?"),
        ],
    )


def test_long_polling_with_messages():
    """Question 6: long polling while Ana writes."""
    one, _ = run(30, wait=25, writes=FIVE)
    compare(
        6,
        one,
        0.1,
        [
            (len(FIVE), "What does Bia's page do after the last message?"),
            (2 * one, "That would be both windows; this question is about Bia's."),
            (
                None,
                "A message ends the request that is held. What does the page do then?",
            ),
        ],
    )
