"""Start the lessons and the five chats in a dev container, unless they already run."""

import os
import socket
import sys

LESSONS = 8000
STEP_05 = 8005


def main() -> None:
    """Become `course run`, with what step 05 needs to know in a codespace."""
    if is_open(LESSONS):
        print("The course is already running. Its addresses are in the Ports tab.")
        return
    if "CODESPACE_NAME" in os.environ:
        os.environ["ORIGINS"] = " ".join(origins_in_a_codespace())
        print("Ctrl-click an address below, or open the Ports tab.", flush=True)
    command = [sys.executable, "-m", "course", "run", "--no-browser"]
    os.execv(sys.executable, command)


def origins_in_a_codespace() -> list[str]:
    """Return where the pages of step 05 may come from, as its settings expect it.

    The forwarding rewrites `Host` and `Origin` to localhost. Over the years, it has sent
    `http` and `https`, with and without the port; Django's CSRF check compares all three.
    An origin with `http` in the list keeps the settings from redirecting to HTTPS.
    """
    name = os.environ["CODESPACE_NAME"]
    domain = os.environ.get(
        "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "app.github.dev"
    )
    return [
        f"http://127.0.0.1:{STEP_05}",  # `course run` itself asks there
        f"http://localhost:{STEP_05}",
        f"https://localhost:{STEP_05}",
        "http://localhost",
        "https://localhost",
        f"https://{name}-{STEP_05}.{domain}",
    ]


def is_open(port: int) -> bool:
    """Tell whether something listens at a port."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main()
