"""Servers that don't outlive the class: nobody would know that they are in the network."""

import os
import threading
import time

import psutil

LOOKS = 2  # seconds between two looks


def end_with_parent() -> None:
    """End this process when the one that started it is gone, even if it was killed."""
    try:
        parent = psutil.Process(os.getppid())
    except psutil.NoSuchProcess:
        os._exit(1)
    threading.Thread(target=watch, args=[parent], daemon=True).start()


def watch(parent: psutil.Process) -> None:
    """Look whether a process is there, until it isn't."""
    while parent.is_running():  # knows a stranger with the same number
        time.sleep(LOOKS)
    os._exit(1)
