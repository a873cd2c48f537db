"""What a page tells by events: requests that a test holds, and what the console says.

Playwright hands an event on a moment after the page shows what belongs to it, and only
while the test talks to the browser. A test that looks into its list at once is right
only on a quick machine, so it asks here, and waits.
"""

from collections.abc import Callable

from playwright.sync_api import Page


class Heard(list):
    """What a page has told so far, in order: `page.on("websocket", heard.keep)`."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page

    def keep(self, told: object) -> None:
        """Take one more; as a handler, since Playwright can't take `append`."""
        self.append(told)

    def first(self, wanted: Callable[[object], bool] = bool) -> object:
        """Return the first that is wanted, once there is one; fail after 20 seconds."""
        return self.at_least(1, wanted)[0]

    def at_least(
        self, count: int, wanted: Callable[[object], bool] = bool
    ) -> list[object]:
        """Return all that are wanted, once there are so many; fail after 20 seconds."""
        for _ in range(1000):
            found = [one for one in self if wanted(one)]
            if len(found) >= count:
                return found
            self.page.wait_for_timeout(20)  # events are handed on meanwhile
        raise AssertionError(f"{count} expected, and {len(found)} came: {list(self)}")


def console_of(page: Page) -> Heard:
    """Return the texts that a page's console shows from now on."""
    said = Heard(page)
    page.on("console", lambda message: said.append(message.text))
    return said


def hold_posts(page: Page, hold: Callable = lambda route: route) -> Heard:
    """Keep each POST of a page from its answer; return what `hold` makes of each."""
    held = Heard(page)
    page.route(
        "**/messages/**",
        lambda route: (
            held.append(hold(route))
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    return held
