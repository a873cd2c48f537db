"""The playground: the course's own code, run and changed in a reader's browser."""

import json
import re

import pytest
from playground_page import CONSUMERS, PATIENCE, reader, violations
from playwright.sync_api import expect

from course.steps import ROOT

STEP = ROOT / "steps" / "03-inmemory-layer"
SEND = 'await self.send_json(event["message"])'
LOUDER = 'await self.send_json(event["message"] | {"text": "LOUDER"})'


@pytest.fixture(scope="module")
def tab(playground_window):
    """One tab with step 03, for the scenes that leave it usable."""
    return playground_window.opens().starts()


@pytest.fixture
def play(tab):
    """The playground with step 03 as it is, on one server, in a tab of many scenes."""
    tab.is_running()
    tab.is_connected()
    yield tab
    tidy(tab)


@pytest.fixture
def alone(playground_window, tab):
    """The playground in a tab of its own, which a scene may close, leave or reload."""
    yield playground_window.opens().starts()
    for page in playground_window.context.pages:
        if page != tab.page:
            page.close()
    playground_window.forgets()


def tidy(tab) -> None:
    """Take back, with the page's own buttons, what a scene has changed."""
    page = tab.page
    # Before the restart: the next scene may read what it prints.
    page.locator("#play-tab-output").click()
    page.locator("#play-log-clear").click()
    if page.locator("#play-second").get_attribute("aria-pressed") == "true":
        page.locator("#play-layer").select_option("project")
        page.locator("#play-second").click()
    if "(" in page.locator("#play-changes").text_content():
        page.locator("#play-reset").click()
        page.get_by_role("button", name="Reset", exact=True).last.click()
    else:
        page.locator("#play-run").click()


# ---- A chat in a page ----------------------------------------------------------------------


def test_ana_writes_and_bia_sees_it(play):
    play.says("Ana", "Olá, Bia 👋")
    play.sees("Bia", "Olá, Bia 👋")
    play.says("Bia", "<script>alert(1)</script>")
    play.sees("Ana", "<script>alert(1)</script>")


def test_the_rooms_are_the_pages_of_the_step_byte_for_byte(play):
    for name in ("room.js", "wire.js", "page.js", "chat.css"):
        fetched = play.page.evaluate(
            """async (name) => {
              const { href } = document.querySelector("#play-ana-frame").contentWindow.location;
              const url = new URL(`../../static/chat/${name}`, href);
              return (await fetch(url)).text();
            }""",
            name,
        )
        file = STEP / "chat" / "static" / "chat" / name
        assert fetched == file.read_text("utf-8"), name


def test_the_wire_panel_counts_what_crosses_and_names_the_server(play):
    room = play.room("Bia")
    play.says("Ana", "hi")
    play.sees("Bia", "hi")
    row = room.locator("#wire-rows tr").first
    expect(row).to_contain_text("message")
    expect(row).to_contain_text(re.compile(r"8003 \(pid \d+\)"))
    length = len(json.dumps({"text": "hi"}))
    assert int(row.locator("td").nth(2).text_content()) > length


def test_the_output_is_that_of_runserver(play):
    expect(play.output()).to_contain_text("WebSocket CONNECT /ws/chat/class/")
    text = play.output().inner_text()
    assert re.search(r"HTTP GET /chat/class/ 200 \[\d+\.\d\d, 127\.0\.0\.1:\d+\]", text)
    assert re.search(
        r"WebSocket HANDSHAKING /ws/chat/class/ \[127\.0\.0\.1:\d+\]", text
    )
    play.page.locator("#play-ana-reload").click()
    expect(play.output()).to_contain_text("WebSocket DISCONNECT /ws/chat/class/")


def test_a_change_of_the_consumer_is_visible_in_both_rooms(play):
    play.replaces(SEND, LOUDER)
    play.runs()
    play.is_connected()
    play.says("Ana", "hello")
    play.sees("Ana", "LOUDER")
    play.sees("Bia", "LOUDER")


def test_a_word_typed_key_by_key_is_run_too(play):
    play.page.locator("#play-files").select_option(CONSUMERS)
    play.page.locator("#play-editor .cm-content").click()
    play.page.keyboard.press("Control+End")
    play.page.keyboard.type('print("typed by hand")')
    play.runs()
    expect(play.output()).to_contain_text("typed by hand")


def test_lobby_and_redirect_lead_into_another_room(play):
    room = play.room("Ana")
    room.get_by_role("link", name="Lobby").click()
    room.locator("#room-name-input").press_sequentially("café 7/8")
    room.locator("#room-name-submit").click()
    expect(room.get_by_role("heading", name="café 7/8")).to_be_visible()
    play.is_connected("Ana")
    play.says("Bia", "who is here?")
    play.sees("Bia", "who is here?")
    expect(room.locator("#chat-log")).not_to_contain_text("who is here?")


def test_a_room_in_a_tab_of_its_own_joins_in(alone):
    alone.is_connected()
    with alone.context.expect_page() as opened:
        alone.page.locator("#play-bia-tab").click()
    tab = opened.value
    expect(tab.locator("#chat-status")).to_have_text("Connected.", timeout=PATIENCE)
    tab.locator("#chat-message-input").press_sequentially("from a tab")
    tab.locator("#chat-message-input").press("Enter")
    alone.sees("Ana", "from a tab")
    alone.page.close()
    # Its server ran in the page that has been closed.
    tab.reload()
    expect(tab.locator("body")).to_contain_text("a page that has been closed")


def test_a_second_tab_of_the_site_has_its_own_server(play, playground_window):
    other = playground_window.opens().starts()
    other.is_connected()
    play.says("Ana", "only here")
    play.sees("Bia", "only here")
    other.says("Ana", "only there")
    other.sees("Bia", "only there")
    expect(other.room("Bia").locator("#chat-log")).not_to_contain_text("only here")
    expect(play.room("Bia").locator("#chat-log")).not_to_contain_text("only there")
    other.page.close()


# ---- Two servers -----------------------------------------------------------------------------


def test_two_servers_do_not_share_a_room_until_a_layer_is_between_them(play):
    play.page.locator("#play-second").click()
    expect(play.page.locator("#play-bia-server")).to_have_value("2")
    # Until her page has been loaded from the second server, Bia is still on the first.
    label = play.room("Bia").locator("header .server")
    expect(label).to_contain_text("8004", timeout=PATIENCE)
    play.is_connected()
    play.says("Ana", "can you hear me?")
    play.sees("Ana", "can you hear me?")
    play.says("Bia", "nothing here")
    play.sees("Bia", "nothing here")
    expect(play.room("Bia").locator("#chat-log")).not_to_contain_text("hear me")
    expect(play.output()).not_to_contain_text("Traceback")

    play.page.locator("#play-layer").select_option("page")
    play.is_running()
    play.is_connected()
    play.says("Ana", "and now?")
    play.sees("Bia", "and now?")
    expect(play.room("Bia").locator("#chat-log")).to_contain_text("8003 (pid 1")
    play.page.locator("#play-tab-layer").click()
    expect(play.page.locator("#play-layer-panel")).to_contain_text("100")


def test_the_layer_between_the_servers_keeps_100_messages_and_drops_the_rest(play):
    # As python/layer.py asks it, with a server that fetches nothing.
    found = play.page.evaluate(
        """async () => {
          const { PageLayer, CAPACITY } = await import(new URL("layer.js", location.href));
          const layer = new PageLayer();
          const ask = (operation, words) => new Promise((resolve) =>
            layer.ask(1, { operation, text: JSON.stringify(words) }, (text) => resolve(JSON.parse(text))));
          const queue = await ask("new_queue", { prefix: "specific" });
          const channel = await ask("new_channel", { queue });
          await ask("group_add", { group: "room", channel });
          const message = { type: "chat.message" };
          for (let n = 0; n < 150; n++) {
            await ask("group_send", { group: "room", message: { ...message, n }, capacity: CAPACITY });
          }
          const full = await ask("send", { channel, message, capacity: CAPACITY });
          const first = await ask("receive", { queue });
          const waiting = layer.state().queues[0].waiting;
          const before = layer.state().dropped;
          layer.forget(1);
          return { full, first, channel, waiting, dropped: before, left: layer.state().groups };
        }"""
    )
    assert found["full"] is False  # a send() to a full channel raises ChannelFull
    assert found["first"] == [found["channel"], {"type": "chat.message", "n": 0}]
    assert found["waiting"] == 99
    assert found["dropped"] == 51  # 50 of the burst, and the one that did not fit
    assert [group["size"] for group in found["left"]] in ([], [0])


# ---- What goes wrong -------------------------------------------------------------------------


def test_a_syntax_error_is_shown_at_its_line_and_the_next_run_is_fine(play):
    right = 'def connect(self):\n        """Join'
    wrong = right.replace(":", "", 1)
    play.replaces(right, wrong)
    play.page.keyboard.press("Control+Enter")
    problem = play.page.locator("#play-problem")
    expect(problem).to_contain_text("SyntaxError: expected ':'", timeout=PATIENCE)
    text = (STEP / CONSUMERS).read_text("utf-8").splitlines()
    line = 1 + next(n for n, one in enumerate(text) if "async def connect" in one)
    expect(problem).to_contain_text(f"{CONSUMERS}, line {line}")
    expect(play.page.locator(".cm-lintRange-error").first).to_be_visible()
    expect(play.output()).to_contain_text('File "/project/chat/consumers.py"')
    play.replaces(wrong, right)
    play.runs()
    expect(problem).to_be_hidden()
    play.is_connected()


def test_an_exception_in_a_handler_is_logged_and_closes_with_1011(play):
    play.replaces("async def chat_message", "async def chat_mesage")
    play.runs()
    play.is_connected()
    play.says("Ana", "hello")
    for name in ("Ana", "Bia"):
        expect(play.status(name)).to_contain_text("code 1011", timeout=PATIENCE)
    output = play.output()
    expect(output).to_contain_text("Exception inside application: No handler for")
    expect(output).to_contain_text("ValueError: No handler for message type")


def test_the_stop_button_ends_an_endless_loop_while_the_page_stays_usable(play):
    play.replaces("_, port =", "while True: pass\n        _, port =")
    # After five seconds the page would stop it. Give a busy machine twenty times as long.
    play.page.evaluate(
        """() => {
          window.realSetInterval = setInterval;
          window.setInterval = (work, milliseconds) => realSetInterval(work, 20 * milliseconds);
        }"""
    )
    play.runs()
    play.page.evaluate("() => { window.setInterval = realSetInterval }")
    play.is_connected()
    play.says("Ana", "hello")
    # The server is busy for good. The page isn't: it can still be typed into.
    play.page.locator("#play-editor .cm-content").click()
    play.page.keyboard.press("Control+End")
    play.page.keyboard.type("# still here")
    assert "# still here" in play.file()
    play.page.locator("#play-stop").click()
    expect(play.page.locator("#play-state")).to_contain_text("Stopped")
    expect(play.status("Ana")).to_contain_text("code 1006")


def test_a_loop_that_never_ends_is_stopped_after_five_seconds(play):
    play.replaces("_, port =", "while True: pass\n        _, port =")
    play.runs()
    play.is_connected()
    play.says("Ana", "hello")
    expect(play.page.locator("#play-state")).to_contain_text(
        "Stopped", timeout=PATIENCE
    )
    expect(play.output()).to_contain_text("for 5 seconds, the server did nothing")
    expect(play.status("Bia")).to_contain_text("code 1006")
    play.replaces("while True: pass\n        _, port =", "_, port =")
    play.runs()
    play.is_connected()


# ---- The reader's work -------------------------------------------------------------------------


def test_work_survives_a_reload_and_reset_can_be_undone(alone):
    alone.replaces(SEND, LOUDER)
    expect(alone.page.locator("#play-changes")).to_contain_text("(1)")
    alone.page.reload()
    alone.starts()
    assert LOUDER in alone.file()
    alone.page.locator("#play-reset").click()
    alone.page.get_by_role("button", name="Reset", exact=True).last.click()
    expect(alone.page.locator("#play-changes")).not_to_contain_text("(1)")
    assert alone.file() == (STEP / CONSUMERS).read_text("utf-8")
    alone.page.locator("#play-undo").click()
    assert LOUDER in alone.file()


def test_what_changed_is_shown_as_a_diff(play):
    play.replaces(SEND, LOUDER)
    play.page.locator("#play-changes").click()
    dialog = play.page.locator("#play-changes-dialog")
    expect(dialog).to_contain_text(CONSUMERS)
    expect(dialog).to_contain_text(LOUDER)
    expect(dialog).to_contain_text(SEND)
    play.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def link_of(play) -> str:
    """Return the link that the page copies or, without a clipboard, shows."""
    play.page.evaluate(
        "() => { navigator.clipboard.writeText = async () => { throw Error() } }"
    )
    play.page.locator("#play-link").click()
    link = play.page.locator("#play-link-text").input_value()
    play.page.keyboard.press("Escape")
    return link


def test_a_link_opens_what_was_shared_and_runs_nothing_before_it_was_read(
    play, browser, playground_address
):
    play.replaces(SEND, LOUDER)
    address = link_of(play).partition("playground/index.html")[2]
    assert address.startswith("#try=")
    with reader(browser, playground_address) as friend:
        theirs = friend.opens(address)
        theirs.page.locator("#play-start").click()
        shown = theirs.page.locator("#play-shared")
        expect(shown).to_contain_text(LOUDER, timeout=PATIENCE)
        expect(theirs.page.locator("#play-state")).not_to_contain_text("Running")
        theirs.page.get_by_role("button", name="Run these changes").click()
        theirs.is_running()
        theirs.is_connected()
        theirs.says("Ana", "hello")
        theirs.sees("Bia", "LOUDER")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda link: link[:-20], "This link is broken"),
        (lambda link: link.replace("#try=1.", "#try=9."), "another version"),
        (lambda link: "#try=1.AAAA", "This link is broken"),
        (lambda link: "?project=07", "no project “07”"),
    ],
)
def test_a_link_that_is_broken_gets_a_sentence_and_the_plain_project(
    browser, playground_address, play, change, sentence
):
    play.replaces(SEND, LOUDER)
    address = change(link_of(play).partition("playground/index.html")[2])
    with reader(browser, playground_address) as friend:
        theirs = friend.opens(address).starts()
        expect(theirs.page.locator("#play-notice")).to_contain_text(sentence)
        assert theirs.file() == (STEP / CONSUMERS).read_text("utf-8")


# ---- Breaks and exercises -----------------------------------------------------------------------


def test_a_break_shows_the_museums_message_and_mending_keeps_the_readers_change(
    alone,
):
    own = '"""My own words.\n\nWebSocket consumers.'
    alone.replaces('"""WebSocket consumers.', own)
    alone.goes("?break=wrong-type")
    alone.page.locator("#play-break-panel [data-choice=A]").click()
    alone.page.locator("#play-break").click()
    alone.is_running()
    alone.is_connected()
    alone.says("Ana", "hello")
    result = alone.page.locator("#play-break-result")
    expect(result.get_by_role("link").first).to_have_attribute(
        "href", re.compile(r"errors\.html#wrong-type$"), timeout=PATIENCE
    )
    alone.page.locator("#play-undo-break").click()
    alone.is_running()
    assert "My own words." in alone.file()
    alone.is_connected()
    alone.says("Ana", "repaired")
    alone.sees("Bia", "repaired")


def test_an_exercise_is_solved_in_the_page_and_stays_solved(alone):
    alone.goes("?exercise=03-no-handler")
    alone.page.locator("#play-check").click()
    results = alone.page.locator("#play-results")
    expect(results).to_contain_text(
        "No handler for message type chat.someone_came_in", timeout=PATIENCE
    )
    # The page starts no new checks until all of these have run.
    expect(alone.page.locator("#play-check")).to_be_visible(timeout=PATIENCE)
    alone.replaces('"chat.someone_came_in"', '"someone.came.in"')
    alone.page.keyboard.press("Control+Shift+Enter")
    expect(alone.page.locator("#play-exercises-panel")).to_contain_text(
        "Solved", timeout=PATIENCE
    )
    alone.page.reload()
    alone.starts()
    chosen = alone.page.locator("#play-project option:checked")
    expect(chosen).to_contain_text("✓")


# ---- A socket with a browser's interface --------------------------------------------------------

MISUSE = """
async (inPage) => {
  const { WebSocket, location } = inPage ? window.frames.Ana : window;
  const url = inPage
    ? location.href.replace("http", "ws").replace(/chat\\/class.*/, "ws/chat/class/")
    : location.href.replace("http", "ws");
  const found = {};
  const tried = (name, work) => {
    try {
      const made = work();
      made?.close?.();
      found[name] = "nothing";
    } catch (error) {
      found[name] = error.name;
    }
  };
  tried("no url", () => new WebSocket("http://["));
  tried("another scheme", () => new WebSocket("ftp://localhost/"));
  tried("a fragment", () => new WebSocket(`${url}#here`));
  tried("a subprotocol twice", () => new WebSocket(url, ["chat", "chat"]));
  tried("a subprotocol with a space", () => new WebSocket(url, "a chat"));
  tried("http instead of ws", () => new WebSocket(url.replace("ws", "http")));
  const socket = new WebSocket(url);
  found.constants = [WebSocket.CONNECTING, WebSocket.OPEN, socket.CLOSING, socket.CLOSED];
  found.state = socket.readyState;
  found.url = socket.url === url;
  found.binaryType = socket.binaryType;
  found.handler = socket.onopen;
  tried("sent too early", () => socket.send("hi"));
  tried("closed with 1001", () => socket.close(1001));
  tried("closed with 2999", () => socket.close(2999));
  tried("a long reason", () => socket.close(3000, "x".repeat(124)));
  socket.close(3000, "x".repeat(123));
  found.closing = socket.readyState;
  return found;
}
"""


def test_a_mistake_with_a_socket_raises_what_the_browsers_own_class_raises(play):
    own = play.page.evaluate(MISUSE, False)
    assert own["sent too early"] == "InvalidStateError"
    assert play.page.evaluate(MISUSE, True) == own


def test_close_codes_and_binary_frames_cross_as_over_a_network(play):
    found = play.page.evaluate(
        """async () => {
          const { WebSocket, location } = window.frames.Ana;
          const url = location.href.replace(/chat\\/class.*/, "ws/nowhere/");
          const socket = new WebSocket(url);
          const events = [];
          for (const type of ["open", "message", "error", "close"]) {
            socket.addEventListener(type, ({ code, data, wasClean }) =>
              events.push([type, code ?? null, data ?? null, wasClean ?? null]));
          }
          await new Promise((resolve) => socket.addEventListener("close", resolve));
          return events;
        }"""
    )
    assert [event[0] for event in found] == ["open", "message", "close"]
    assert json.loads(found[1][2])["error"].startswith("There is nothing at")
    assert found[2][1:] == [4404, None, True]


# ---- Browsers that can't ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("without", "sentence"),
    [
        ("delete window.WebAssembly", "no WebAssembly"),
        (
            "delete Navigator.prototype.serviceWorker",
            "no service workers",
        ),
        (
            "Object.defineProperty(window, 'isSecureContext', { value: false })",
            "only over https",
        ),
    ],
)
def test_a_browser_that_cannot_says_why_and_keeps_the_page(
    browser, playground_address, without, sentence
):
    with reader(browser, playground_address) as window:
        window.context.add_init_script(without)
        page = window.opens().page
        expect(page.locator("#play-refused")).to_contain_text(sentence)
        expect(page.locator("#play-start")).to_have_count(0)
        expect(page.get_by_role("heading", name="Five things to try")).to_be_visible()


def test_from_disk_the_page_says_what_to_do(browser, site):
    page = browser.new_page()
    page.goto((site / "playground" / "index.html").as_uri())
    expect(page.locator("#playground")).to_contain_text("python3 -m course run")
    page.close()


def test_a_site_without_python_says_how_to_get_it(browser, playground_address):
    with reader(browser, playground_address) as window:
        window.context.route(
            "**/vendor/manifest.json", lambda route: route.fulfill(status=404)
        )
        page = window.opens().page
        expect(page.locator("#play-refused")).to_contain_text(
            "python3 -m course playground"
        )


def test_a_download_that_stops_can_be_tried_again(browser, playground_address):
    with reader(browser, playground_address) as window:
        broken = window.opens()
        stopped = "**/packages.zip.gz"
        window.context.route(stopped, lambda route: route.abort())
        broken.page.locator("#play-start").click()
        expect(broken.page.locator("#play-trouble")).to_contain_text(
            "The download stopped", timeout=PATIENCE
        )
        window.context.unroute(stopped)
        broken.page.locator("#play-retry").click()
        broken.is_running()


def test_trying_again_before_the_service_worker_is_there_listens_once(
    browser, playground_address
):
    """A second listener would hand each request on twice: "Port … is already neutered"."""
    with reader(browser, playground_address) as window:
        window.context.add_init_script(SLOW_SERVICE_WORKER)
        impatient = window.opens()
        stopped = "**/packages.zip.gz"
        window.context.route(stopped, lambda route: route.abort())
        impatient.page.locator("#play-start").click()
        retry = impatient.page.locator("#play-retry")
        retry.wait_for(timeout=PATIENCE)
        window.context.unroute(stopped)
        retry.click()
        impatient.page.evaluate("registering.forEach((goOn) => goOn())")
        impatient.is_running()
        impatient.is_connected()


SLOW_SERVICE_WORKER = """
    window.registering = [];
    const container = ServiceWorkerContainer.prototype;
    const register = container.register;
    container.register = async function (...all) {
      await new Promise((goOn) => registering.push(goOn));
      return register.apply(this, all);
    };
"""


def test_a_full_storage_costs_only_the_memory_of_the_page(browser, playground_address):
    with reader(browser, playground_address) as window:
        window.context.add_init_script(
            "if (top === window) Storage.prototype.setItem = () => {"
            " throw new DOMException('full', 'QuotaExceededError') }"
        )
        play = window.opens().starts()
        play.is_connected()
        play.replaces(SEND, LOUDER)
        expect(play.page.locator("#play-notice")).to_contain_text("keeps nothing")
        play.runs()
        play.is_connected()
        play.says("Ana", "hello")
        play.sees("Bia", "LOUDER")


# ---- Every screen --------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everyone_can_use_it(browser, playground_address, width, scheme):
    touch = {"has_touch": True, "is_mobile": True} if width < 500 else {}
    with reader(
        browser, playground_address, width=width, scheme=scheme, **touch
    ) as window:
        play = window.opens().starts()
        play.is_connected()
        page = play.page
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width > 500:
            return
        for pane in ("code", "ana", "bia", "output", "task"):
            page.locator(f"#play-go-{pane}").tap()
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            small = page.evaluate(
                """() => [...document.querySelectorAll(".play button, .play select, .play a")]
                  .filter((one) => one.checkVisibility() && !one.closest(".cm-editor"))
                  .map((one) => [one.id || one.textContent, one.getBoundingClientRect()])
                  .filter(([, { width, height }]) => width && (height < 43.5 || width < 43.5))
                  .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)"""
            )
            assert small == [], pane
        page.locator("#play-go-ana").tap()
        field = play.room("Ana").locator("#chat-message-input")
        field.tap()
        field.press_sequentially("by thumb")
        play.room("Ana").locator("#chat-message-submit").tap()
        page.locator("#play-go-bia").tap()
        play.sees("Bia", "by thumb")


# After the next frame: the page has then heard that its window has changed.
LETTERS = """async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const frame = document.querySelector("#play-ana-frame");
  const size = (one) => parseFloat(getComputedStyle(one).fontSize);
  const found = (selector) => size(document.querySelector(`.play ${selector}`));
  const room = size(frame.contentDocument.querySelector("#chat-log"));
  return {
    editor: found(".cm-content"),
    log: found("#play-log"),
    button: found("#play-run"),
    room: room * getComputedStyle(frame).zoom,
  };
}"""


def test_the_full_window_is_readable_from_the_back_of_a_room(
    browser, playground_address
):
    with reader(browser, playground_address, width=1920) as window:
        play = window.opens().starts()
        page = play.page
        play.is_connected()
        before = page.evaluate(LETTERS)
        assert min(before.values()) > 15, before  # pixels
        page.locator("#play-whole").click()
        whole = page.evaluate(LETTERS)
        assert min(whole.values()) > 20, whole
        assert page.evaluate("document.documentElement.scrollWidth") <= 1920
        # The same share of a smaller window, so that zooming in never makes letters smaller.
        page.set_viewport_size({"width": 1280, "height": 800})
        small = page.evaluate(LETTERS)
        assert min(small.values()) > 12, small
        for name, size in whole.items():
            assert size / 1920 == pytest.approx(small[name] / 1280, rel=0.1), name
        page.set_viewport_size({"width": 1920, "height": 900})
        page.locator("#play-whole").click()
        assert page.evaluate(LETTERS) == before


# Where the keyboard is: nowhere is in the browser's own buttons, after the last stop.
FOCUSED = """() => {
  const { activeElement } = document;
  if (activeElement === document.body) return "nowhere";
  return activeElement.closest(".play") ? activeElement.id : "behind";
}"""
INERT = "() => document.querySelectorAll('[inert]').length"
KEYS = 60  # more than there are stops


def test_in_the_full_window_the_keyboard_stays_in_it(browser, playground_address):
    with reader(browser, playground_address) as window:
        play = window.opens().starts()
        play.is_connected()
        page = play.page
        page.evaluate("document.querySelector('footer').inert = true")
        whole = page.locator("#play-whole")
        scrolled = page.evaluate("scrollY")
        whole.focus()
        page.keyboard.press("Enter")
        expect(whole).to_have_attribute("aria-pressed", "true")
        for key in ("Tab", "Shift+Tab"):
            page.locator("#play-run").focus()
            places = set()
            for _ in range(KEYS):
                page.keyboard.press(key)
                places.add(page.evaluate(FOCUSED))
                if page.evaluate("document.activeElement.matches('.cm-content')"):
                    page.keyboard.press("Escape")  # the editor lets Tab leave
            assert "behind" not in places, key
            assert {"play-run", "play-ana-frame", "play-bia-frame"} <= places, key
        assert violations(page) == []
        # A key of the theme's: it opens the search.
        page.locator("#play-run").focus()
        page.keyboard.press("s")
        assert not page.locator("#__search").is_checked()
        for place in ("#play-run", "body"):
            page.locator(place).evaluate(
                "one => { document.activeElement.blur(); one.focus() }"
            )
            page.keyboard.press("Escape")
            expect(whole).to_have_attribute("aria-pressed", "false")
            expect(whole).to_be_focused()
            assert page.evaluate(INERT) == 1  # what was inert before
            assert page.evaluate("scrollY") == scrolled
            page.keyboard.press("Enter")
            expect(whole).to_have_attribute("aria-pressed", "true")
        page.frame_locator("#play-bia-frame").locator("#chat-message-input").focus()
        page.keyboard.press("Escape")
        expect(whole).to_be_focused()
        assert page.evaluate(INERT) == 1
