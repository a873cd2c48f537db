"""The labs of the layer, of reconnecting and of catching up: by keyboard, and in numbers."""

import inspect
import itertools
import random
import re

import pytest
from channels_redis.core import RedisChannelLayer
from readers import assert_readable, visit

from course import docs
from course.steps import STEPS
from tools.pages import labs

PAGE = "playground/labs.html"
PLACES = {
    "layer": "concepts/channel-layers",
    "reconnect": "lessons/05-final/6-failure-drills",
    "catchup": "lessons/05-final/2-history-and-catch-up",
}
CHAT = STEPS / "05-final" / "chat"


def constants(path):
    """Return the numbers that a file of step 05 gives names to."""
    found = re.findall(
        r"^(?:const )?([A-Z_]+) = ([\d_.]+)", path.read_text("utf-8"), re.MULTILINE
    )
    return {name: float(value) for name, value in found}


@pytest.fixture(scope="module")
def opened(browser, address):
    """The page of all labs, opened once."""
    with visit(browser, address, PAGE) as seen:
        yield seen


@pytest.fixture(scope="module")
def module(opened):
    """Run JavaScript with a lab's module as `m`, and the argument as `x`."""

    def run(name, script, argument=None):
        return opened.page.evaluate(
            f"""async (x) => {{
              const m = await import("../assets/labs/{name}.js");
              return ({script});
            }}""".replace('"../', f'"{opened.home}'),
            argument,
        )

    return run


@pytest.fixture
def lab(request, opened):
    """One lab, as it is at the start."""
    opened.page.reload()
    return start(opened.page, request.param)


def start(page, name):
    page.locator(f"#lab-{name}").scroll_into_view_if_needed()
    box = page.locator(f"#lab-{name}[data-state=ready]")
    box.wait_for()
    return box


def one(name):
    return pytest.mark.parametrize("lab", [name], indirect=True)


def press(lab, name, *keys):
    """Go to a control, and press keys there: Enter, if none is given."""
    control = lab.locator(".lab-place").get_by_label(name, exact=True)
    button = lab.get_by_role("button", name=name, exact=True)
    control.or_(button).focus()
    for key in keys or ["Enter"]:
        lab.page.keyboard.press(key)


def said(lab, words):
    """Wait until the lab announces these words."""
    lab.get_by_role("status").filter(has_text=words).wait_for(timeout=5000)


def tab_order(lab):
    """Return the names of what the Tab key reaches, in order, in the place of a lab."""
    page = lab.page
    lab.locator(".lab-try").evaluate(
        "box => { box.tabIndex = -1; box.focus(); box.removeAttribute('tabindex') }"
    )
    names = []
    while True:
        page.keyboard.press("Tab")  # first past the words that have a tooltip
        name = page.evaluate(
            """() => {
              const focused = document.activeElement;
              if (!focused.closest(".lab-place")) return null;
              return focused.labels?.[0]?.textContent || focused.textContent;
            }"""
        )
        if name:
            names.append(name)
        elif names:
            return names


@pytest.mark.parametrize("name", PLACES)
def test_a_lab_gives_no_prediction_away(name):
    text = (docs.ROOT / "docs" / "en" / f"{PLACES[name]}.md").read_text("utf-8")
    before, _, after = text.partition(f"::: lab {name}\n")
    assert 'class="predict"' in before
    assert 'class="predict"' not in after


# ---- The layer


def test_the_lab_has_the_capacities_of_the_layer_and_of_step_05(module):
    default = inspect.signature(RedisChannelLayer).parameters["capacity"].default
    assert module("layer", "m.DEFAULT_CAPACITY") == default
    settings = (STEPS / "05-final/config/settings.py").read_text("utf-8")
    assert module("layer", "m.CAPACITY_05") == int(
        re.search(r'"capacity": (\d+)', settings)[1]
    )


def test_a_queue_takes_what_has_room_and_drops_the_rest(module):
    burst = "m.burst(x)"
    busy = {"sent": 150, "capacity": 100, "reads": 0}
    # As in lesson 04: the first is read at once, a hundred wait.
    found = module("layer", burst, busy)
    assert (found["arrive"], found["dropped"], found["waiting"]) == (101, 49, 100)
    assert found["fates"] == ["read"] + ["waiting"] * 100 + ["dropped"] * 49
    assert found["other"] == "dropped"
    assert module("layer", burst, busy | {"sent": 101})["dropped"] == 0
    found = module("layer", burst, busy | {"sent": 300, "reads": 10})
    assert (found["dropped"], found["other"]) == (0, "arrives")
    for sent, capacity, reads in itertools.product(
        [1, 99, 300], [50, 200], [0, 3, 7, 9]
    ):
        found = module(
            "layer", burst, {"sent": sent, "capacity": capacity, "reads": reads}
        )
        assert found["arrive"] + found["dropped"] == sent
        assert found["waiting"] <= capacity
        # What was read took its time: the first is read at once.
        read = found["arrive"] - found["waiting"]
        assert read <= sent * reads / 10 + 1


@pytest.mark.parametrize(
    ("dropped", "words"),
    [
        ([], "none"),
        ([102, 103, 104], "102 to 104"),
        ([2, 4, 5, 7, 9, 11], "2, 4 to 5, 7 and 2 more"),
    ],
)
def test_the_dropped_numbers_in_words(module, dropped, words):
    fates = ["dropped" if number in dropped else "read" for number in range(1, 121)]
    assert module("layer", "m.droppedNumbers(x)", fates) == words


@one("layer")
def test_a_burst_by_keyboard(lab):
    said(lab, "Nothing is sent yet.")
    assert tab_order(lab) == [
        "Events in the burst",
        "Places in the queue (capacity)",
        "Events read while ten are sent",
        "Send the burst",
    ]
    lab.page.emulate_media(reduced_motion="reduce")
    press(lab, "Send the burst")
    said(lab, "Sent: 150. Arrive: 101. Dropped: 49 (102 to 150)")
    # Without motion, the end is drawn at once.
    drawn = lab.locator("svg.layer-events .layer-dropped").get_attribute("d")
    assert drawn.count("M") == 49
    press(lab, "Places in the queue (capacity)", "2", "Enter")
    said(lab, "Sent: 150. Arrive: 150. Dropped: 0.")
    press(lab, "Events in the burst", "End")
    said(lab, "Sent: 300. Arrive: 201. Dropped: 99 (202 to 300)")
    press(lab, "Events read while ten are sent", *["ArrowRight"] * 5)
    said(lab, "Sent: 300. Arrive: 300. Dropped: 0.")
    press(lab, "Events in the burst", "Home")
    said(lab, "Sent: 1. Arrive: 1.")


# ---- Reconnecting


def test_the_lab_pauses_like_step_05(module):
    ours = constants(CHAT / "static/chat/connection.js")
    for name in ["FIRST_DELAY", "LONGEST_DELAY", "ENDED_DELAY", "HANDSHAKE_TIMEOUT"]:
        assert module("reconnect", f"m.{name}") == ours[name], name
    limits = module("reconnect", "[...Array(8).keys()].map(m.limitAfter)")
    assert limits == [3000, 3000, 3000, 4000, 8000, 16000, 30000, 30000]
    pauses = module(
        "reconnect",
        "[0, 0.5, 0.999].map((one) => m.RULES.jitter(4, () => one))",
    )
    assert pauses == [0, 4000, 7992]


def test_a_thousand_pages_reconnect(module):
    settings = {"pages": 1000, "down": 5000, "perSecond": 1000}
    run = "m.reconnect(x)"
    found = module("reconnect", run, settings | {"rule": "fixed"})
    # At 1, 2, 3 and 4 seconds in vain, and at 5 all in the same moment.
    assert (found["busiest"], found["refused"]) == (1000, 4000)
    assert found["last"] == pytest.approx(6000)
    assert found["half"] == pytest.approx(5500)
    assert found["longestWait"] == pytest.approx(1000)
    found = module("reconnect", run, settings | {"rule": "backoff"})
    assert (found["busiest"], found["refused"]) == (1000, 1000)
    assert found["last"] == pytest.approx(7000)
    for seed in range(1, 6):
        found = module("reconnect", run, settings | {"rule": "jitter", "seed": seed})
        assert found["busiest"] < 150
        assert found["longestWait"] < 1000
        # Nobody waits for longer than the limits of the failures allow.
        assert 5000 < found["last"] < 5000 + 30_000
        assert sum(found["slices"]) == 1000 + found["refused"] + found["gaveUp"]


def test_pages_give_up_if_the_queue_is_longer_than_their_timeout(module):
    settings = {"pages": 20_000, "down": 0, "perSecond": 1000, "rule": "fixed"}
    found = module("reconnect", "m.reconnect(x)", settings)
    # 8,000 are accepted in 8 seconds, then 8,000 more, then the rest.
    assert found["gaveUp"] == pytest.approx(12_000 + 4_000, abs=2)
    assert found["longestWait"] <= 8000


def test_the_figures_of_the_lab_are_those_of_the_benchmark(opened):
    from tools.pages import measured

    measured_there = measured.figures_of("05").of(
        "idle-1000", "05-daphne", "connects_per_s"
    )
    assert labs.load("reconnect").figures == {"connects_per_s": measured_there}
    place = opened.page.locator("#lab-reconnect")
    assert f'"connects_per_s": {measured_there}' in place.get_attribute("data-figures")


@one("reconnect")
def test_a_restart_by_keyboard(lab):
    said(lab, "The server runs")
    assert tab_order(lab) == [
        "Pages",
        "Seconds until the server is up again",
        "Restart the server",
    ]
    press(lab, "Restart the server")
    said(lab, "1,000 pages. Every second: 1,000 in the busiest tenth of a second")
    rows = lab.locator("tbody tr")
    refused = rows.filter(has_text="Refused").locator("td").all_text_contents()
    assert refused[:2] == ["4,000", "1,000"]
    first = lab.locator("tbody").text_content()
    press(lab, "Other random pauses")
    assert lab.locator("tbody").text_content() != first
    press(lab, "Pages", "2", "Enter")
    said(lab, "20,000 pages.")
    press(lab, "Seconds until the server is up again", "Home")
    refused = rows.filter(has_text="Refused").locator("td").all_text_contents()
    assert refused == ["0", "0", "0"]
    press(lab, "Seconds until the server is up again", "End")
    press(lab, "Pages", "1", "Enter")
    said(lab, re.compile(r"^1(,0)?00 pages"))
    assert "NaN" not in lab.text_content()
    assert "Infinity" not in lab.text_content()


# ---- Catching up

PAGES = ["plain", "higher", "ordered"]
PLAY = """x.reduce((seen, action) => {
  const { state, said } = seen;
  if (m.isPossible(action, state)) said.push(m.ACTIONS[action](state));
  seen.shown.push([...state.ordered]);
  return seen;
}, { state: m.begin(), said: [], shown: [] })"""


@pytest.fixture(scope="module")
def after(module):
    """Do something in the lab, and return what each page shows then."""

    def play(*actions):
        state = module("catchup", PLAY, [*actions])["state"]
        return [state[name] for name in PAGES]

    return play


def test_the_lab_waits_as_long_as_step_05(module):
    gap = constants(CHAT / "local_room.py")["GAP_LASTS"]
    assert module("catchup", "m.GAP_LASTS") == gap * 1000
    check = constants(CHAT / "watch.py")["CHECK_EVERY"]
    assert module("catchup", "m.CHECK_EVERY") == check


def test_a_swapped_event(after):
    swapped = ["send", "send", "swap", "deliver"]
    assert after(*swapped) == [[2], [2], []]
    assert after(*swapped, "deliver") == [[2, 1], [2], [1, 2]]


def test_a_doubled_event(after):
    doubled = ["send", "send", "copy", *["deliver"] * 3]
    assert after(*doubled) == [[1, 2, 1], [1, 2], [1, 2]]


def test_a_lost_event_and_the_gap(after):
    lost = ["send", "send", "lose", "deliver"]
    assert after(*lost) == [[2], [2], []]
    assert after(*lost, "wait") == [[2], [2], [1, 2]]


def test_a_lost_last_event_is_found_by_the_check_alone(after):
    lost = ["send", "lose", "wait"]
    assert after(*lost) == [[], [], []]
    assert after(*lost, "check") == [[], [], [1]]


def test_a_page_that_was_away_catches_up(after):
    away = ["send", "deliver", "disconnect", "send", "deliver"]
    assert after(*away) == [[1], [1], [1]]
    assert after(*away, "reconnect") == [[1], [1], [1, 2]]


def test_step_05_has_everything_in_order_whatever_happens(module):
    can = module("catchup", "Object.keys(m.ACTIONS)")
    chance = random.Random(5)
    for _ in range(200):
        actions = chance.choices(can, k=40)
        # Bia's connection is only once dropped at a time.
        is_connected, tidy = True, []
        for action in actions:
            if action == "disconnect" and not is_connected:
                continue
            if action == "reconnect" and is_connected:
                continue
            if action in {"disconnect", "reconnect"}:
                is_connected = action == "reconnect"
            tidy.append(action)
        ending = [*([] if is_connected else ["reconnect"]), "check"]
        found = module("catchup", PLAY, tidy + ending)
        for shown in found["shown"]:
            assert shown == list(range(1, len(shown) + 1)), tidy
        assert len(found["state"]["ordered"]) == found["state"]["stored"], tidy


@one("catchup")
def test_events_by_keyboard(lab):
    assert tab_order(lab) == [
        "Send a message",
        "Deliver",
        "Lose",
        "Double",
        "Swap with the next",
        "50 ms pass",
        "The regular check",
        "Disconnect",
        "Start again",
    ]
    press(lab, "Deliver")
    said(lab, "No event is on its way: send a message as Ana.")
    press(lab, "Send a message", "Enter", "Space", "Enter")
    press(lab, "Swap with the next")
    said(lab, "Event 2 has overtaken event 1.")
    press(lab, "Deliver")
    said(lab, "Step 05 keeps it, because 1 is missing.")
    # The focus stays, also on a button that can't do anything now.
    press(lab, "Deliver", *["Enter"] * 3)
    said(lab, "No event is on its way")
    verdicts = lab.locator(".catchup-verdict")
    assert verdicts.all_text_contents() == ["out of order", "1 missing", "complete"]
    press(lab, "Disconnect")
    press(lab, "Send a message")
    press(lab, "Deliver")
    press(lab, "Reconnect")
    said(lab, "sends ?after=3, and gets 4.")
    press(lab, "Start again")
    assert verdicts.all_text_contents() == ["empty"] * 3
    press(lab, "Send a message", *["Enter"] * 9)
    said(lab, "Step 05: 1 to 9 to come.")
    press(lab, "Send a message", *["Enter"] * 2)
    said(lab, "9 messages are enough; start again.")
    press(lab, "Double", *["Enter"] * 20)
    said(lab, "there's room for eighteen")


# ---- For everyone


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_three_labs_are_readable(browser, address, width, scheme):
    with visit(browser, address, PAGE, scheme=scheme, width=width) as seen:
        page = seen.page
        page.emulate_media(reduced_motion="reduce")
        press(start(page, "layer"), "Send the burst")
        press(start(page, "reconnect"), "Restart the server")
        catchup = start(page, "catchup")
        press(catchup, "Send a message", *["Enter"] * 9)
        press(catchup, "Lose")
        press(catchup, "Deliver", *["Enter"] * 8)
        page.evaluate("document.activeElement.blur()")
        assert_readable(page)
        for name in PLACES:
            wide = page.locator(f"#lab-{name}").evaluate(
                "lab => lab.scrollWidth - lab.clientWidth"
            )
            assert wide <= 0, name
        small = page.locator(".lab .lab-button, .lab select").evaluate_all(
            "all => all.filter(one => one.offsetParent && one.offsetHeight < 44).length"
        )
        assert small == 0
        assert seen.errors == []
