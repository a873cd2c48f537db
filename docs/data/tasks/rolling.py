"""Runs the chat in two processes; Enter replaces them, one after the other."""

import subprocess
import sys
import time
import urllib.request

PORTS = [8001, 8002]
DAPHNE = [sys.executable, "-m", "daphne", "--proxy-headers", "-b", "127.0.0.1"]


def start(port):
    """Start a server process; it isn't ready yet."""
    return subprocess.Popen([*DAPHNE, "-p", str(port), "config.asgi:application"])


def is_ready(port):
    """Return whether people can be sent to a process."""
    try:
        url = f"http://127.0.0.1:{port}/healthz/ready"
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:  # nothing listens there yet, or the answer is a 503
        return False


def replace(processes, port):
    """Replace the process at a port; return once people can be sent to the new one."""
    processes[port].terminate()
    processes[port].wait()
    processes[port] = start(port)
    while not is_ready(port):
        time.sleep(0.2)


def main():
    """Run until Ctrl-C."""
    processes = {port: start(port) for port in PORTS}
    try:
        while True:
            input("Enter replaces both processes, Ctrl-C stops them.\n")
            for port in PORTS:
                replace(processes, port)
    except KeyboardInterrupt:
        pass
    finally:
        for process in processes.values():
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
