"""The labs: operated by keyboard, readable for everyone, with the numbers of docs/data."""

import json
import re

import pytest
from playwright.sync_api import expect
from readers import assert_readable, on_disk, search_index, served, visit

from course.errors import CourseError
from tools.pages import directives, labs, measured

PAGE = "playground/labs.html"
NAMES = ["frame", "polling", "seats"]
EVERYWHERE = {
    "frame": "concepts/websocket.html",
    "polling": "lessons/01-http-polling.html",
    "seats": "concepts/wsgi-asgi.html",
}
FRAME = {
    "server": "81 05 48 65 6c 6c 6f",  # RFC 6455, section 5.7
    "page": "81 85 37 fa 21 3d 7f 9f 4d 51 58",
}
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


# ---- The directive -----------------------------------------------------------------------


def test_the_bytes_of_a_recorded_exchange_are_those_that_the_step_counted():
    exchange = (labs.OUTPUTS / "01-empty-poll.txt").read_text("utf-8")
    counted = int(re.search(r"X-Request-Bytes: (\d+)", exchange)[1])
    assert labs.number("sent 01-empty-poll") == counted
    headers, _, body = exchange.partition("< HTTP")[2].partition("<\n")
    assert f"Content-Length: {len(body.removeprefix('< ').rstrip())}\n" in headers


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("steps listen-100 09 p50_ms", "was not measured"),
        ("steps listen-100 03 gone", 'no figure "gone"'),
        ("moon listen-100 03 p50_ms", 'nothing was recorded as "moon"'),
        ("sent gone", 'no output was recorded as "gone"'),
        ("687", "is not the place of a figure"),
    ],
)
def test_a_figure_that_is_not_there_stops_the_build(source, problem):
    with pytest.raises(CourseError, match=problem):
        labs.number(source)


def test_a_number_that_a_text_does_not_have_stops_the_build():
    one = labs.Lab("T", (1, 1), [], {}, "It is {{ gone }} bytes.")
    with pytest.raises(CourseError, match='"gone", which is not among its figures'):
        print(one.words)


def test_a_lab_that_is_not_there_stops_the_build():
    with pytest.raises(CourseError, match='no lab "gone". There are: .*frame'):
        directives.block("lab gone")


@pytest.mark.parametrize("name", NAMES)
def test_the_page_has_the_figures_of_docs_data(site, name):
    text = (site / EVERYWHERE[name]).read_text("utf-8")
    found = re.search(rf'data-figures="([^"]*)" data-lab="{name}"', text)[1]
    shown = json.loads(found.replace("&quot;", '"'))
    one = labs.load(name)
    assert shown == one.figures
    rows = json.loads((labs.DATA / "bench-steps.json").read_text("utf-8"))["medians"]
    by_place = {(row["scenario"], row["chat"]): row for row in rows}
    for figure, source in one.sources.items():
        if source.startswith("steps "):
            _, scenario, chat, column = source.split()
            assert shown[figure] == by_place[scenario, chat][column]


def test_the_texts_are_found_and_the_questions_are_not(site):
    words = " ".join(one["text"] for one in search_index(site))
    assert "A poll that finds nothing still costs a request" in words
    assert "Predict: you halve the interval" not in words


# ---- By keyboard -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def labs_page(browser, address):
    """The page with all labs, reloaded by each test that asks for a fresh one."""
    with visit(browser, address, PAGE) as seen:
        yield seen


def opened(seen, name):
    """Return a lab as it is after loading the page."""
    seen.page.reload()
    box = seen.page.locator(f"#lab-{name}")
    box.scroll_into_view_if_needed()
    expect(box).to_have_attribute("data-state", "ready")
    return box


def tab_to(page, name, most=60):
    """Press Tab until the control with this name has the focus.

    With a comma or a colon at its end, it's the beginning of a name.
    """
    found = "document.activeElement.labels?.[0]?.textContent"
    found = f"document.activeElement.getAttribute('aria-label') || {found}"
    found = f"{found} || document.activeElement.textContent"
    for _ in range(most):
        page.keyboard.press("Tab")
        words = page.evaluate(found)
        if words == name or (name[-1] in ",:" and words.startswith(name)):
            return
    raise AssertionError(f"Tab does not reach {name}")


def focus(box):
    """Put the focus just before the first control of a lab."""
    box.locator(".lab-place").evaluate(
        "place => { place.tabIndex = -1; place.focus({ preventScroll: true }); }"
    )


def status(box):
    return box.locator(".lab-status")


def bytes_of(box):
    return " ".join(box.locator(".frame-bytes code").all_text_contents())


def test_a_frame_has_the_bytes_of_the_rfc_and_a_bit_changes_what_it_means(labs_page):
    box, keys = opened(labs_page, "frame"), labs_page.page.keyboard
    assert bytes_of(box) == FRAME["server"]
    expect(status(box)).to_have_text(
        'The page receives the text "Hello": 7 bytes on the wire, 2 of them header.'
    )
    focus(box)
    tab_to(labs_page.page, "Who sends it")
    keys.press("ArrowDown")
    assert bytes_of(box) == FRAME["page"]
    expect(status(box)).to_have_text(
        'The server receives the text "Hello": 11 bytes on the wire, 6 of them header.'
    )
    tab_to(labs_page.page, "Byte 1,")
    tab_to(labs_page.page, "RSV1")
    keys.press("Space")
    expect(status(box)).to_contain_text("closes the connection, code 1002: an RSV bit")
    assert labs_page.page.evaluate(
        "document.activeElement.getAttribute('aria-label')"
    ) == ("RSV1")
    tab_to(labs_page.page, "Undo all changes")
    keys.press("Enter")
    expect(status(box)).to_contain_text('receives the text "Hello"')
    for _ in range(9):  # back to the bytes
        keys.press("Shift+Tab")
    keys.press("ArrowRight")  # the second byte
    tab_to(labs_page.page, "length 1")
    keys.press("Space")
    expect(status(box)).to_contain_text("""receives the text "Hell": 11 bytes""")
    expect(status(box)).to_contain_text("It reads the last byte as the next frame.")
    assert bytes_of(box).startswith("81 84")
    assert labs_page.errors == []


@pytest.mark.parametrize(
    ("text", "start", "size", "header"),
    [
        ("", "81 00", 2, 2),
        ("olá 👋", "81 09 6f 6c c3 a1 20 f0 9f 91 8b", 11, 2),
        ("a" * 125, "81 7d 61", 127, 2),
        ("a" * 126, "81 7e 00 7e 61", 130, 4),
        ("a" * 200, "81 7e 00 c8 61", 204, 4),
        ("a" * 70000, "81 7f 00 00 00 00 00 01 11 70 61", 70010, 10),
    ],
)
def test_every_text_becomes_a_frame(labs_page, text, start, size, header):
    box = labs_page.page.locator("#lab-frame")
    if not box.get_attribute("data-state") == "ready":
        opened(labs_page, "frame")
    box.get_by_label("Who sends it").select_option("server")
    box.get_by_label("Text", exact=True).fill(text)
    assert bytes_of(box).startswith(start)
    expect(status(box)).to_contain_text(
        f"{size:,} bytes on the wire, {header} of them header"
    )


def run(seen, program):
    """Run JavaScript with what the modules of the labs export."""
    return seen.page.evaluate(
        """async (program) => {
          const at = (name) => new URL(`../assets/labs/${name}.js`, location.href);
          const names = ["frame", "polling", "seats"];
          const [frame, polling, seats] = await Promise.all(
            names.map((name) => import(at(name))));
          return new Function("frame", "polling", "seats", `return ${program}`)(
            frame, polling, seats);
        }""",
        program,
    )


@pytest.mark.parametrize(
    ("sent", "receiver", "result", "code"),
    [
        ("81 02 6f 69", "page", "message", None),
        ("82 02 6f 69", "page", "message", None),
        ("01 02 6f 69", "page", "part", None),
        ("81 03 6f 69", "page", "wait", None),
        ("81 7e 00", "page", "wait", None),
        ("81 02 6f 69", "server", "fail", 1002),  # not masked
        ("81 82 37 fa 21 3d 58 93", "page", "fail", 1002),  # masked
        ("80 02 6f 69", "page", "fail", 1002),  # continues nothing
        ("83 02 6f 69", "page", "fail", 1002),
        ("09 00", "page", "fail", 1002),  # half a ping
        ("81 7e 00 02 6f 69", "page", "fail", 1002),  # a longer length than needed
        ("81 7f 80 00 00 00 00 00 00 00", "page", "fail", 1002),
        ("81 02 c3 28", "page", "fail", 1007),
        ("89 02 6f 69", "page", "ping", None),
        ("8a 00", "page", "pong", None),
        ("88 00", "page", "close", None),
        ("88 02 03 e8", "page", "close", None),
        ("88 02 03 ee", "page", "fail", 1002),  # 1006 never crosses the wire
        ("88 01 03", "page", "fail", 1002),
    ],
)
def test_a_frame_is_read_as_the_rfc_demands(labs_page, sent, receiver, result, code):
    numbers = [int(pair, 16) for pair in sent.split()]
    found = run(labs_page, f"frame.read(Uint8Array.from({numbers}), '{receiver}')")
    assert found["result"] == result
    assert found.get("code") == code


def test_the_key_of_a_handshake_has_one_answer(labs_page):
    box, keys = opened(labs_page, "frame"), labs_page.page.keyboard
    answer = box.locator("dd", has_text=re.compile(f"^{re.escape(ACCEPT)}$"))
    expect(answer).to_be_visible()
    focus(box)
    tab_to(labs_page.page, "Sec-WebSocket-Key")
    keys.press("ControlOrMeta+a")
    keys.type("not a key")
    problem = box.get_by_text("A key is 16 bytes in Base64")
    expect(problem).to_be_visible()
    keys.press("ControlOrMeta+a")
    keys.type("x3JJHMbDL1EzLkh9GBhXDw==")  # the example of MDN
    expect(problem).to_be_hidden()
    expect(status(box)).to_contain_text("HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
    tab_to(labs_page.page, "Another key")
    keys.press("Enter")
    expect(status(box)).not_to_contain_text("HSmrc0sMlYUkAGmm5OPpG2HaGWk=")
    assert run(labs_page, f"frame.accept('{KEY}')") == ACCEPT


def test_polling_costs_what_was_recorded(labs_page):
    box, keys = opened(labs_page, "polling"), labs_page.page.keyboard
    figures = labs.load("polling").figures
    empty = figures["empty_request"] + figures["empty_response"]
    focus(box)
    tab_to(labs_page.page, "Messages in a minute")
    keys.press("Home")
    expect(status(box)).to_contain_text(
        f"Short polling: 15 requests a second, 100% of them empty, "
        f"{measured.digits(15 * empty, 3)} bytes a second. "
        "A message waits 1 s on average, 2 s at most."
    )
    keys.press("Shift+Tab")
    keys.press("End")  # 500 people
    expect(status(box)).to_contain_text("250 requests a second")
    for _ in range(2):
        keys.press("Shift+Tab")
    keys.press("ControlOrMeta+a")
    keys.type("0.5")
    expect(status(box)).to_contain_text("1,000 requests a second")
    expect(status(box)).to_contain_text("more than one core can do")
    assert labs_page.errors == []


def test_polling_follows_its_rules(labs_page):
    figures = labs.load("polling").figures
    call = f"polling.cost({{interval: 2, people: 30, messages: 30}}, {json.dumps(figures)})"
    found = run(labs_page, call)
    message = figures["message_response"] - figures["empty_response"]
    empty = figures["empty_request"] + figures["empty_response"]
    assert found["short"]["bytes"] == pytest.approx(15 * (empty + message))
    assert found["short"]["empty"] == pytest.approx(0.3679, abs=1e-4)  # e to the -1
    # Without a message, a long poll ends every 25 seconds.
    silent = run(labs_page, call.replace("messages: 30", "messages: 0"))["long"]
    assert silent["requests"] == pytest.approx(30 / 25)
    assert silent["empty"] == 1
    wait = "polling.polls(10, [3, 10, 10.5])"
    found = [one["found"] for one in run(labs_page, wait)]
    assert found == [[3, 10], [10.5], []]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("0", "as fast as it can"),
        ("", "Choose 0.5"),
        ("-3", "Choose"),
        ("1e9", "Choose"),
    ],
)
def test_an_interval_that_makes_no_sense_gets_a_sentence(labs_page, typed, problem):
    box = labs_page.page.locator("#lab-polling")
    if box.get_attribute("data-state") != "ready":
        opened(labs_page, "polling")
    box.get_by_label("Interval, in seconds").fill(typed)
    expect(box.locator(".lab-problem")).to_contain_text(problem)
    box.get_by_label("People in the room").fill("7")
    assert not re.search(
        "NaN|Infinity|undefined", box.locator(".lab-place").inner_text()
    )


def test_a_mask_that_is_none_gets_a_sentence(labs_page):
    box = opened(labs_page, "frame")
    box.get_by_label("Who sends it").select_option("page")
    box.get_by_label("Mask of the page").fill("xyz")
    expect(box.get_by_text("A mask is four bytes in hexadecimal")).to_be_visible()
    box.get_by_label("Text", exact=True).fill("Hello")
    assert bytes_of(box) == FRAME["page"]  # with the last good one


def test_the_ninth_request_queues_for_a_thread_and_not_for_a_coroutine(labs_page):
    box, keys = opened(labs_page, "seats"), labs_page.page.keyboard
    expect(status(box)).to_contain_text(
        "WSGI, 7 of 8 threads held: the newcomer is answered at once. "
        "ASGI: the newcomer is answered at once."
    )
    focus(box)
    tab_to(labs_page.page, "Requests that wait")
    keys.press("ArrowRight")
    expect(status(box)).to_contain_text(
        "WSGI, 8 of 8 threads held: the newcomer is answered after 9 s. "
        "ASGI: the newcomer is answered at once."
    )
    keys.press("End")
    expect(status(box)).to_contain_text("answered after 29 s. ASGI: the newcomer is")
    for _ in range(17):
        keys.press("ArrowLeft")
    tab_to(labs_page.page, "One blocks:")
    keys.press("Space")
    expect(status(box)).to_contain_text(
        "WSGI, 7 of 8 threads held: the newcomer is answered at once. "
        "ASGI: the newcomer is answered after 9 s. One coroutine blocks"
    )
    tab_to(labs_page.page, "Time")
    keys.press("ArrowRight")
    expect(status(box)).to_contain_text("ASGI: 7 waiting, 1 queued, 0 answered.")
    expect(box.get_by_text("ASGI: one event loop, blocked")).to_be_visible()
    kb = {
        key: measured.digits(one, 2) for key, one in labs.load("seats").figures.items()
    }
    row = box.get_by_role("row", name="memory for each listener")
    assert row.locator("td").all_text_contents() == [
        f"{kb['wsgi_kb']} KB",
        f"{kb['asgi_kb']} KB",
    ]
    assert labs_page.errors == []


# ---- For everyone ------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_labs_are_readable_and_fit(browser, address, width, scheme):
    with visit(browser, address, PAGE, scheme=scheme, width=width) as seen:
        for name in NAMES:
            box = seen.page.locator(f"#lab-{name}")
            box.scroll_into_view_if_needed()
            expect(box).to_have_attribute("data-state", "ready")
        assert_readable(seen.page)
        small = seen.page.locator(".lab-place").evaluate_all(
            """places => places.flatMap((place) =>
              [...place.querySelectorAll("button, select, label:has(input), input")]
                .filter((one) => one.closest("label") !== one.parentElement
                  && one.getBoundingClientRect().height < 44)
                .map((one) => one.outerHTML))"""
        )
        assert small == []
        assert seen.errors == []


def test_with_less_motion_a_lab_shows_how_it_ends(browser, address):
    window = {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 900}}
    context = browser.new_context(**window)
    try:
        page = context.new_page()
        page.goto(f"{address}{EVERYWHERE['seats']}#lab-seats")
        box = page.locator("#lab-seats")
        expect(box).to_have_attribute("data-state", "ready")
        box.get_by_role("button", name="Play from the start").press("Enter")
        answered = box.locator(".seats-server").first.get_by_text("Answered:")
        assert answered.text_content() == "Answered: 1 2 3 4 5 6 7 new"
    finally:
        context.close()


def test_from_disk_the_text_is_open_and_a_sentence_says_why(browser, site):
    with visit(browser, on_disk(site), EVERYWHERE["frame"]) as seen:
        box = seen.page.locator("#lab-frame")
        assert "python3 -m course run" in box.locator(".lab-place").inner_text()
        assert FRAME["page"] in box.locator("details[open]").inner_text()
        assert box.get_by_role("listitem").first.is_visible()
        assert "Predict" not in box.inner_text()
        assert seen.errors == []


def test_without_javascript_the_text_is_open(browser, address):
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(address + EVERYWHERE["polling"])
        box = page.locator("#lab-polling")
        assert "A poll that finds nothing" in box.locator("details[open]").inner_text()
        assert "Predict" not in box.inner_text()
    finally:
        context.close()


def test_a_lab_that_fails_leaves_its_text(browser, site, tmp_path):
    with served(site) as address:
        context = browser.new_context()
        try:
            page = context.new_page()
            page.route("**/labs/polling.js", lambda route: route.abort())
            page.goto(f"{address}{EVERYWHERE['polling']}#lab-polling")
            box = page.locator("#lab-polling")
            expect(box).to_have_attribute("data-state", "text")
            assert "This lab didn't start" in box.locator(".lab-place").inner_text()
            assert box.locator("details[open]").count() == 1
        finally:
            context.close()


def test_the_text_says_the_bytes_that_the_lab_shows():
    text = labs.load("frame").text
    for words in (*FRAME.values(), KEY, ACCEPT):
        assert f"`{words}`" in text
