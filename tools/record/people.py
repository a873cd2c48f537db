"""What people do at a page of the chat."""

import re
import time

import httpx
from playwright.sync_api import expect

SAID = "#chat-log .text"
IS_THERE = re.compile("Connected|Listening")


def come_in(page, address: str, name: str) -> None:
    """Open a room, say who one is, and wait until the page hears the room."""
    page.goto(address)
    page.locator("#chat-sender-input").fill(name)
    page.locator("#chat-message-input").focus()
    wait_for_status(page, IS_THERE)


def log_in(page, address: str, name: str) -> None:
    """Open a page that asks for a login, and log in with the password of `demo`."""
    page.goto(address)
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill("let-me-chat")
    with page.expect_navigation():
        page.locator("main form button").first.click()


def wait_for_status(page, text: str | re.Pattern) -> None:
    """Wait until the page says how it hears the room."""
    expect(page.locator("#chat-status")).to_contain_text(text, timeout=20_000)


def say(page, text: str) -> None:
    """Type a message and send it."""
    page.locator("#chat-message-input").fill(text)
    page.locator("#chat-message-submit").click()


def see(page, text: str, times: int = 1) -> None:
    """Wait until a message is in the log, so many times."""
    expect(page.locator(SAID, has_text=text)).to_have_count(times, timeout=20_000)


def post(room: str, name: str, text: str) -> None:
    """Send a message by HTTP alone, where a window of its own would show nothing."""
    content = {"text": text, "sender": name, "sent_at": int(time.time() * 1000)}
    address = room.replace("/chat/", "/messages/")
    httpx.post(address, json=content, timeout=30, trust_env=False).raise_for_status()
