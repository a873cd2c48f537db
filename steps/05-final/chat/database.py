"""Using the database from asynchronous code."""

import asyncio

from asgiref.sync import sync_to_async
from django.db import DatabaseError, OperationalError, connection

# Seconds. A database that hangs, or that the network no longer reaches, sends nothing at
# all, not even an error. Longer than its own timeouts (config/settings.py).
TIMEOUT = 15


async def ask(work, *arguments):
    """Call a function that uses the database, in the thread for such calls.

    Like Channels' database_sync_to_async, but the connection stays open, unless it
    fails. Opening and closing it each time would cost more than most queries here, and
    make SQLite write its log back into its file each time.

    Raises DatabaseError, also if there's no answer in time. The call may still succeed
    later: its thread keeps waiting, and the next caller waits for the thread.
    """
    try:
        async with asyncio.timeout(TIMEOUT):
            return await sync_to_async(call)(work, *arguments)
    except TimeoutError as problem:
        message = f"no answer within {TIMEOUT} seconds"
        raise OperationalError(message) from problem


def call(work, *arguments):
    """Call a function; if the database fails, use a new connection next time."""
    try:
        return work(*arguments)
    except DatabaseError:
        connection.close()
        raise


class Together:
    """Asks the database the same question for many callers at once.

    A thousand clients reconnect in the same second. While the thread is busy, what they
    ask is collected, and then `work(questions)` answers all of it with a few queries. It
    returns {question: answer}; callers who ask the same get the same answer.
    """

    def __init__(self, work):
        self.work = work
        self.waiting = {}  # futures, by question
        self.task = None

    async def ask(self, *question):
        """Return the answer to one question, a tuple of these arguments.

        Raises DatabaseError, as the function ask() does.
        """
        future = self.waiting.get(question)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            self.waiting[question] = future
            if self.task is None:
                self.task = asyncio.create_task(self.answer())
        # One caller that is cancelled mustn't take the answer from the others.
        return await asyncio.shield(future)

    async def answer(self):
        """Answer everything that is waiting, then end."""
        try:
            while self.waiting:
                futures, self.waiting = self.waiting, {}
                try:
                    answers = await ask(self.work, set(futures))
                    answers = {question: answers[question] for question in futures}
                except Exception as problem:
                    for future in futures.values():
                        future.set_exception(problem)
                else:
                    for question, future in futures.items():
                        future.set_result(answers[question])
        finally:
            self.task = None
