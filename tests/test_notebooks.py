"""The notebooks: they run, they are kept bare, and they open without a network."""

import json
import re
import sys

import pytest

from course.notebook.running import environment, names
from course.processes import Process, free_port, is_listening
from course.steps import NOTEBOOKS
from tools.pages.notebooks import cells_of, code_of, recording_of
from tools.record.notebooks import execute

NAMES = names()


def test_there_are_five_and_each_asks_one_question():
    assert len(NAMES) == 5
    for name in NAMES:
        title = "".join(cells_of(name)[0]["source"]).splitlines()[0]
        assert re.fullmatch(r"# [^?]+\?", title), name


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_kept_without_what_a_run_leaves_in_it(name):
    notebook = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        assert cell["metadata"] == {}
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_a_notebook_runs_from_top_to_bottom_and_checks_what_it_claims(name):
    outputs = execute(name)
    assert "assert " in code_of(name)[-1]
    assert outputs[-1][-1]["text"] == "It holds.\n"
    for picture in (one for cell in outputs for one in cell if "svg" in one):
        assert len(picture["text"]) > 20, "say what the plot shows"


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_run_is_of_this_code_and_took_no_longer_than_announced(name):
    run = recording_of(name)
    text = "".join(cells_of(name)[0]["source"])
    announced = int(re.search(r"about (\d+) seconds", text)[1])
    assert run["seconds"] <= announced


def test_no_notebook_names_a_place_on_somebodys_machine():
    for name in NAMES:
        text = json.dumps(recording_of(name), ensure_ascii=False)
        assert not re.search(r"/(home|root|Users|tmp|work)/", text), name


def test_jupyterlab_opens_a_notebook_without_a_network_even_for_root(browser, tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "course", "notebooks", "--no-browser"]
    env = environment() | {
        "JUPYTER_TOKEN": "class",
        "JUPYTER_PORT": str(port),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
    }
    (tmp_path / "config").mkdir()
    asked = []
    with Process("JupyterLab", command, NOTEBOOKS.parent, tmp_path / "log", env) as lab:
        lab.wait_until(lambda: is_listening(port))
        home = f"http://127.0.0.1:{port}/"
        page = browser.new_page()
        page.set_default_timeout(60_000)

        def gate(route):
            asked.append(route.request.url)
            inside = route.request.url.startswith((home, "data:", "blob:"))
            route.continue_() if inside else route.abort()

        page.route("**/*", gate)
        page.goto(f"{home}lab/tree/{NAMES[2]}.ipynb?token=class")
        page.get_by_role(
            "heading", name="What is a WebSocket, byte by byte?"
        ).wait_for()
        page.close()
    outside = [url for url in asked if not url.startswith((home, "data:", "blob:"))]
    assert outside == []
