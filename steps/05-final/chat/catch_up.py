"""Catching up: what a page missed before its socket opened.

The URL of the socket says which message the page has last, `?after=7`, and of which
history (`epoch`). The process keeps the newest messages of the room in memory:

       1, 2, 3 … floor | floor + 1 … head
     only in the database | also in `recent`

1. `after` is at least `floor`: everything that the page missed is in memory.
2. `after` is below `floor`: read the messages up to `floor` from the database, page by
   page, then send the rest from memory.
3. The page is new, knows another history or a number above `head`, or missed more than
   FAR_BEHIND messages: it starts over with what is in memory.
"""

from chat import frames, history


async def catch_up(local, pages, place, post):
    """Post what a page missed of a LocalRoom; its log is then complete up to `head`.

    `place` is (after, epoch) as its URL says. `pages` reads from the database for many
    sockets at once, and `post` queues frames. Nothing is awaited after the last frame, so
    the caller can join the room without missing a message.
    """
    after, known_epoch = place
    epoch = local.epoch
    reset = not is_near(local, after, known_epoch)
    if not reset:
        after = await post_pages(local, pages, after, post)
    reset |= local.epoch != epoch  # it may have changed while the pages were read
    # Messages up to `floor` have been posted by now, or were deleted.
    start = local.floor if reset else max(after, local.floor)
    post(local.sync(local.after(start), reset))


def is_near(local, after, known_epoch):
    """Return whether the page can go on from its place. A page from before an update sends no epoch."""
    if after is None or known_epoch not in {None, local.epoch}:
        return False
    return local.head - history.FAR_BEHIND <= after <= local.head


async def post_pages(local, pages, after, post):
    """Post what is only in the database; return the number of the last message posted."""
    epoch = local.epoch
    while after < local.floor and local.epoch == epoch:
        batch = await pages.ask(local.pk, after)
        page = [message for message in batch.messages if message.seq <= local.floor]
        if not page:
            break  # the rest was deleted
        post(frames.encode_messages(page))
        after = page[-1].seq
    return after
