"""A Chromium on this machine, for the tests in a real browser."""

import os
import shutil
import sys
from pathlib import Path

NAMES = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
]
PLACES = {
    "darwin": [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ],
    "win32": [
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
        r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
    ],
}

ADVICE = (
    "Install Chromium, Chrome or Edge (Debian, Ubuntu: sudo apt install chromium), or"
    " say where one is, in the variable CHROMIUM."
)

# No talk with anybody but the servers of the test.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> Path | None:
    """Return a browser of the Chromium family, or None."""
    candidates = [os.environ.get("CHROMIUM")]
    candidates += [shutil.which(name) for name in NAMES]
    candidates += PLACES.get(sys.platform, [])
    for candidate in candidates:
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    return None
