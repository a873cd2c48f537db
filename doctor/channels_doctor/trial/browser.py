"""Opening pages of this machine over plain HTTP: no proxy, no library."""

import http.client
from dataclasses import dataclass

from channels_doctor.trial.processes import HOST

LONGEST_ANSWER = 8  # seconds
LARGEST_PAGE = 500_000  # bytes


@dataclass(frozen=True)
class Answer:
    """What a server answered to a request; status 0 if it didn't."""

    status: int
    location: str = ""
    problem: str = ""  # why there is no status: "timeout" or "closed"

    @property
    def is_redirect(self) -> bool:
        """It sends the browser elsewhere."""
        return self.status in (301, 302, 303, 307, 308)


def get(port: int, path: str, cookie: str = "") -> Answer:
    """Open a page. A stream that never ends is left after its headers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=LONGEST_ANSWER)
    headers = {"Accept": "text/html,*/*", "User-Agent": "channels-doctor"}
    if cookie:
        headers["Cookie"] = cookie
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        if "text/html" in answer.headers.get("Content-Type", ""):
            answer.read(LARGEST_PAGE)
        return Answer(answer.status, answer.headers.get("Location", ""))
    except TimeoutError:
        return Answer(0, problem="timeout")
    except (OSError, http.client.HTTPException):
        return Answer(0, problem="closed")
    finally:
        connection.close()
