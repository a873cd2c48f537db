"""The reference pages name what there is, all of it, and nothing else."""

import argparse
import ast
import json
import re
import runpy
import tomllib
from contextlib import suppress
from inspect import signature
from itertools import pairwise
from pathlib import Path

import pytest
from channels.layers import InMemoryChannelLayer
from channels_redis.core import RedisChannelLayer

from course import cli
from course.steps import ROOT, STEPS, load_steps

PAGES = ROOT / "docs" / "en"
FINAL = STEPS / "05-final"

# Variables of every program, which no page has to explain.
EVERYWHERE = {"PATH", "PYTHONPATH"}


def page(name: str) -> str:
    """Return the text of a page."""
    return (PAGES / name).read_text("utf-8")


def sections(text: str, marks: str) -> dict[str, str]:
    """Return the parts of a page below headings of one depth, by their anchors."""
    parts = re.split(rf"^{marks} .*\{{ #([\w-]+) \}}$", text, flags=re.MULTILINE)
    # A heading of less depth ends a part.
    ends = re.compile(rf"^#{{1,{len(marks) - 1}}} ", re.MULTILINE)
    return {name: ends.split(body)[0] for name, body in pairs(parts[1:])}


def pairs(flat: list[str]) -> list[tuple[str, str]]:
    """Return a list two by two."""
    return list(zip(flat[::2], flat[1::2], strict=True))


def table(text: str) -> list[list[str]]:
    """Return the rows of the tables in a text, without their heads."""
    lines = [*text.splitlines(), ""]
    return [
        line.strip("| ").split(" | ")
        for line, following in pairwise(lines)
        if line.startswith("| ") and not following.startswith("|--")
    ]


def words(cells: list[str]) -> set[str]:
    """Return what stands between backquotes in cells."""
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def first_column(text: str) -> set[str]:
    """Return what stands between backquotes in the first cells of the tables."""
    return words([row[0] for row in table(text)])


def tree_of(path: Path) -> ast.Module:
    """Return a Python file, parsed."""
    return ast.parse(path.read_text("utf-8"))


def constants(path: Path) -> dict[str, object]:
    """Return the values that a module gives names to, as far as they stand there."""
    found = {}
    for node in tree_of(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            with suppress(Exception):  # it is made of other names
                found[node.targets[0].id] = eval(ast.unparse(node.value), {})
    return found


# ---- Commands -------------------------------------------------------------------


def verbs() -> dict[str, argparse.ArgumentParser]:
    """Return the verbs of the tool, each with its parser."""
    (action,) = [
        action
        for action in cli.make_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    return action.choices


COMMANDS = sections(
    page("reference/commands.md").partition("\n## In the folder")[0], "###"
)


def test_the_commands_page_has_every_verb_and_no_other():
    assert set(COMMANDS) == set(verbs())


@pytest.mark.parametrize("name", verbs())
def test_a_verb_has_every_option_and_no_other(name):
    actions = [action for action in verbs()[name]._actions if action.dest != "help"]
    options = {option for action in actions for option in action.option_strings}
    places = {action.dest.upper() for action in actions if not action.option_strings}
    described = {word.split()[0] for word in first_column(COMMANDS[name])}
    assert described == options | places
    text = COMMANDS[name].replace("python3 -m", "")
    assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text)) <= options


def test_every_command_of_our_own_in_a_step_is_there():
    files = STEPS.glob("*/chat/management/commands/[!_]*.py")
    ours = {path.stem for path in files}
    rows = first_column(page("reference/commands.md"))
    named = {row.split()[2] for row in rows if row.startswith("python manage.py ")}
    djangos = {"migrate", "runserver", "check", "createsuperuser", "collectstatic"}
    assert named == ours | djangos | {"shell"}


# ---- Settings ---------------------------------------------------------------------

SETTINGS = sections(page("reference/settings.md"), "##") | sections(
    page("reference/settings.md"), "###"
)


def variables_in(*files: Path) -> set[str]:
    """Return the environment variables that Python files read."""
    found = set()
    for path in files:
        source = path.read_text("utf-8")
        found |= set(re.findall(r'environ(?:\.get\(|\[)\s*"(\w+)"', source))
        found |= set(re.findall(r'"(\w+)" (?:not )?in os\.environ', source))
        found |= set(re.findall(r'read\(\s*env\.\w+, "(\w+)"', source))
        for several in re.findall(r"\{([^{}]*)\} & os\.environ", source):
            found |= set(re.findall(r'"(\w+)"', several))
        if "dj_database_url.config(" in source:
            found.add("DATABASE_URL")
    return found - EVERYWHERE


@pytest.mark.parametrize("step", load_steps(), ids=lambda step: step.number)
def test_every_variable_that_the_settings_of_a_step_read_is_there(step):
    names = ("settings.py", "environment.py", "database.py", "mail.py")
    files = [step.path / "config" / name for name in names]
    read = variables_in(*[file for file in files if file.exists()])
    part = SETTINGS.get(f"step-{step.number}", "")
    assert first_column(part) == read


def test_the_defaults_of_the_variables_are_those_of_the_settings():
    source = (FINAL / "config" / "settings.py").read_text("utf-8")
    given = re.findall(r'env\.(?!bool)\w+, "(\w+)", "?([^",)\s]+)', source)
    given.remove(("REDIS_MASTER", "None"))
    rows = {row[0].strip("`"): row[1].strip("`") for row in table(SETTINGS["step-05"])}
    assert {(name, rows[name]) for name, _ in given} == set(given)


def test_every_variable_of_the_tool_is_there_and_no_other():
    inside = {ROOT / "course" / name for name in ("bench",)}
    # A class gives its variable to the servers of the steps; nobody sets it.
    inside.add(ROOT / "course" / "classroom" / "step_settings.py")
    files = [
        path
        for path in (ROOT / "course").rglob("*.py")
        if inside.isdisjoint([path, *path.parents])
    ]
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    read = variables_in(*files) | set(re.findall(r"!ENV \[(\w+)", config))
    assert first_column(SETTINGS["variables-of-the-tool"]) == read


def test_a_deployment_needs_the_variables_that_the_page_names():
    compose = (FINAL / "deploy" / "compose.yaml").read_text("utf-8")
    rows = table(SETTINGS["variables-of-a-deployment"].partition("Dockerfile")[0])
    assert words([row[0] for row in rows]) == set(re.findall(r"\$\{(\w+):\?", compose))


def test_the_options_of_the_servers_have_the_values_of_the_deployment():
    dockerfile = (FINAL / "deploy" / "Dockerfile").read_text("utf-8")
    (command,) = re.findall(r"^CMD (\[.*\])$", dockerfile, re.MULTILINE)
    command = json.loads(command)
    nginx = (FINAL / "deploy" / "nginx.conf").read_text("utf-8")
    for option, value, _ in table(
        SETTINGS["variables-of-a-deployment"].partition("Dockerfile")[2]
    ):
        option = option.strip("`")
        if not option.startswith("--"):
            for part in value.replace(",", "").split():
                assert re.search(rf"\b{part}\b", nginx), option
            assert option in nginx
        elif value == "–":
            assert option in command
        else:
            assert command[command.index(option) + 1] == value
    named = first_column(SETTINGS["variables-of-a-deployment"])
    assert {word for word in command if word.startswith("--")} <= named


def test_a_setting_that_the_page_names_is_one_of_the_steps():
    assigned = set()
    for path in STEPS.glob("*/config/settings.py"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Assign):
                assigned |= {
                    one.id for one in node.targets if isinstance(one, ast.Name)
                }
    assert first_column(SETTINGS["django-settings"]) <= assigned


def test_every_real_time_option_of_a_layer_has_its_default():
    given = signature(RedisChannelLayer).parameters
    in_memory = signature(InMemoryChannelLayer).parameters
    for option, default, *_ in table(SETTINGS["channel-layers"]):
        option = option.strip("`")
        value = given[option].default
        if value is not None:
            assert default.strip("`") == str(value)
            assert in_memory.get(option, given[option]).default == value


# ---- On the wire --------------------------------------------------------------------

WIRE = page("reference/wire.md")
PROTOCOL = tree_of(FINAL / "chat" / "protocol.py")
FROM_SERVER = tree_of(FINAL / "chat" / "frames.py")


def structs() -> dict[str, list[str]]:
    """Return the classes that are frames, with their fields."""
    return {
        node.name: [
            part.target.id for part in node.body if isinstance(part, ast.AnnAssign)
        ]
        for node in [*PROTOCOL.body, *FROM_SERVER.body]
        if isinstance(node, ast.ClassDef) and "Struct" in map(ast.unparse, node.bases)
    }


def kinds_from_a_page() -> dict[str, str]:
    """Return the frames that a page may send: type, and name of the class."""
    (kinds,) = [
        node.value
        for node in PROTOCOL.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "KINDS"
    ]
    pairs = zip(kinds.keys, kinds.values, strict=True)
    return {key.value: value.id for key, value in pairs}


def kinds_to_a_page() -> dict[str, str]:
    """Return the frames that a page may get: type, and name of the class."""
    return {
        option.value.value: node.name
        for node in FROM_SERVER.body
        if isinstance(node, ast.ClassDef)
        for option in node.keywords
        if option.arg == "tag"
    }


FRAMES = {f"from-{kind}": name for kind, name in kinds_from_a_page().items()} | {
    f"to-{kind}": name for kind, name in kinds_to_a_page().items()
}


def test_the_wire_page_has_every_frame_and_no_other():
    assert set(sections(WIRE, "####")) == set(FRAMES)


@pytest.mark.parametrize("anchor", FRAMES)
def test_a_frame_has_every_field_and_an_example_with_all_of_them(anchor):
    part = sections(WIRE, "####")[anchor]
    fields = set(structs()[FRAMES[anchor]])
    assert first_column(part) == fields
    (example,) = re.findall(r"```json\n(.*?)```", part, re.DOTALL)
    frame = json.loads(example)
    assert frame.keys() == fields | {"type"}
    assert frame["type"] == anchor.partition("-")[2]


def test_every_close_code_is_there_and_no_other():
    (close,) = [node for node in PROTOCOL.body if getattr(node, "name", "") == "Close"]
    codes = {node.value.value for node in close.body if isinstance(node, ast.Assign)}
    rows = table(sections(WIRE, "###")["close-codes"])
    ours = {int(row[0]) for row in rows if len(row) == 4}
    assert ours == codes
    assert not codes & {int(row[0]) for row in rows if len(row) == 2}


def test_a_page_gives_up_after_the_close_codes_of_which_the_table_says_so():
    script = (FINAL / "chat/static/chat/connection.js").read_text("utf-8")
    (final,) = re.findall(r"const FINAL = new Set\(\[(.*)\]\)", script)
    rows = table(sections(WIRE, "###")["close-codes"])
    assert final.split(", ") == [row[0] for row in rows if row[-1] == "gives up"]


def test_every_error_code_is_there_and_no_other():
    source = "".join(
        (FINAL / "chat" / f"{name}.py").read_text("utf-8")
        for name in ("protocol", "consumers", "refusals")
    )
    said = re.findall(r'(?:Refusal|Error)\(\s*"(\w+)"', source)
    # Those that close an open socket are in a table of their own.
    said += re.findall(r'Close\.\w+: \(\s*"(\w+)"', source)
    assert first_column(sections(WIRE, "###")["error-codes"]) == set(said)


def test_every_limit_has_the_value_that_it_has_in_the_code():
    _, *files = re.split(r"^In `(.+)`:$", sections(WIRE, "##")["limits"], flags=re.M)
    assert len(files) > 10
    for file, part in pairs(files):
        found = constants(STEPS / file)
        for name, value, _ in table(part):
            assert str(found[name.strip("`")]) == value, f"{name} in {file}"


def routes_in(path: Path, prefix: str) -> set[str]:
    """Return the routes that a file with URLs has."""
    return {
        prefix + call.args[0].value.replace("<room:room_name>", "<room>")
        for call in ast.walk(tree_of(path))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "path"
    }


def test_every_address_of_the_steps_is_there_and_no_other():
    files = [
        *STEPS.glob("*/config/urls.py"),
        *STEPS.glob("*/chat/urls.py"),
        *STEPS.glob("*/chat/routing.py"),
    ]
    routes = routes_in(FINAL / "chat" / "account_urls.py", "/accounts/")
    for path in files:
        routes |= routes_in(path, "/")
    routes.remove("/accounts/")  # which includes the first file
    without_slash = "/chat/<room>"
    assert first_column(sections(WIRE, "##")["addresses"]) == routes - {without_slash}


def test_every_key_of_an_early_message_is_there():
    early = sections(WIRE, "##")["message"]
    models = (STEPS / "01-http-polling/chat/models.py").read_text("utf-8")
    assert first_column(early) == set(
        re.findall(r'^ {12}"(\w+)":', models, re.MULTILINE)
    )


def test_the_sentences_of_a_refusal_are_those_that_a_client_gets():
    early = sections(WIRE, "##")["message"]
    (listed,) = re.findall(r"```text\n(.*?)```", early, re.DOTALL)
    said = {refusal_of(raw) for raw in NO_MESSAGES}
    too_much = "This is far too long for a message."
    assert {*said, too_much} == set(listed.splitlines())
    view = (STEPS / "01-http-polling/chat/polling.py").read_text("utf-8")
    assert too_much in view


NO_MESSAGES = [
    "oi",
    "[]",
    "{}",
    '{"text": 7}',
    '{"text": " "}',
    json.dumps({"text": "a" * 2001}),
    '{"text": "\\u0000"}',
    '{"text": "oi", "sent_at": "now"}',
    None,  # a binary frame
]


def refusal_of(raw: str | None) -> str:
    """Return what the early steps say to something that is no message."""
    place = STEPS / "01-http-polling" / "chat" / "messages.py"
    messages = runpy.run_path(str(place))
    with pytest.raises(messages["BadMessage"]) as problem:
        messages["read_message"](raw)
    return str(problem.value)


# ---- Misconceptions and glossary ---------------------------------------------------------

MISCONCEPTIONS = page("misconceptions.md")
CARDS = sections(MISCONCEPTIONS, "###")


def test_every_card_has_an_anchor_of_its_own():
    headings = re.findall(r"^### (.+)$", MISCONCEPTIONS, re.MULTILINE)
    anchors = re.findall(r"^### .+ \{ #([\w-]+) \}$", MISCONCEPTIONS, re.MULTILINE)
    assert len(anchors) == len(headings)
    assert len(set(anchors)) == len(anchors) > 30


@pytest.mark.parametrize("card", CARDS)
def test_a_card_has_a_sentence_a_verdict_and_a_public_source(card):
    said, verdict, source = (
        CARDS[card].find(mark)
        for mark in ("\n> You may have read: ", "\n**Verdict: ", "\n**Source:** ")
    )
    assert -1 < said < verdict < source
    assert re.search(r"\]\(https://", CARDS[card][source:])


def test_a_card_breaks_only_what_can_be_broken():
    museum = tomllib.loads((ROOT / "docs/data/museum.toml").read_text("utf-8"))
    known = {exhibit["name"] for exhibit in museum["exhibit"] if "scene" in exhibit}
    assert set(re.findall(r"course break ([\w-]+)", MISCONCEPTIONS)) <= known


# Without a tooltip, because it is a word of every day, an entry is `data-quiet`.
ENTRY = r"\*\*(.+)\*\* \{ #([\w-]+)(?: data-quiet)? \}"


def test_the_terms_of_the_glossary_are_in_order_and_have_anchors_of_their_own():
    text = page("glossary.md")
    lines = re.findall(r"^(\S.*)\n:   (.*)$", text, re.MULTILINE)
    terms = [re.fullmatch(ENTRY, term) for term, _ in lines]
    assert None not in terms
    assert len({term[2] for term in terms}) == len(terms) > 40
    names = [term[1].lower().replace("-", " ") for term in terms]
    assert names == sorted(names)
    for _, definition in lines:
        assert re.match(r"\*.+\*\{ lang=pt-BR \}\. [A-Z]", definition), definition
