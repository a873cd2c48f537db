"""What the playground runs on: fetched, packed, served and kept small."""

import contextlib
import functools
import gzip
import hashlib
import http.client
import http.server
import io
import json
import re
import shutil
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest
from conftest import course
from playground_page import served
from readers import PAGES, visit

from course import docs, playground, run
from course import playground_archives as archives
from course.environment import locked_versions
from course.errors import CourseError
from course.policy import inline_scripts, with_policy
from course.steps import ROOT, STEPS

LARGEST_FOLDER = 11_000_000  # bytes on disk; the plain modules have a packed copy, too
HERE = Path(__file__).parent


def answer_to(address, path, **headers):
    """Return the headers and the body of an answer, as they are sent."""
    connection = http.client.HTTPConnection(address.split("/")[2])
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()


def contents_of(vendor, name):
    """Return a file of the playground as a page sees it."""
    contents = playground.manifest(vendor)
    path = vendor / contents["folder"] / contents["files"][name]["path"]
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def archive(vendor, name):
    return zipfile.ZipFile(io.BytesIO(contents_of(vendor, name)))


# What is in it.


def test_a_click_loads_less_than_seven_million_bytes(vendor):
    files = playground.manifest(vendor)["files"]
    on_a_click = {name: file["bytes"] for name, file in files.items()}
    assert on_a_click.pop("checks.zip") < 1_000_000
    final = on_a_click.pop("final.zip")
    assert final < 1_600_000
    page = (ROOT / "docs/en/playground/index.md").read_text("utf-8")
    assert f"fetches {final / 1e6:.1f} MB of packages" in page
    assert sum(on_a_click.values()) < playground.LARGEST
    on_disk = [path.stat().st_size for path in vendor.rglob("*") if path.is_file()]
    assert sum(on_disk) < LARGEST_FOLDER


def test_the_manifest_describes_every_file(vendor):
    contents = playground.manifest(vendor)
    assert set(contents["files"]) == {
        "pyodide.mjs",
        "pyodide.asm.mjs",
        "pyodide.asm.wasm",
        "pyodide-lock.json",
        "python_stdlib.zip",
        "packages.zip",
        "checks.zip",
        "final.zip",
        "editor.js",
    }
    folder = vendor / contents["folder"]
    for name, file in contents["files"].items():
        path = folder / file["path"]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert digest == file["sha256"], name
        assert len(contents_of(vendor, name)) == file["size"]
        packed = path if path.suffix == ".gz" else folder / f"{name}.gz"
        assert packed.stat().st_size == file["bytes"]
        assert gzip.decompress(packed.read_bytes()) == contents_of(vendor, name)
    names = {file["path"] for file in contents["files"].values()}
    extra = {path.name for path in folder.iterdir()} - names
    assert extra == {f"{name}.gz" for name in names if not name.endswith(".gz")}


def test_the_packages_are_those_of_the_lock(vendor):
    locked = dict(locked_versions())
    for name, wanted in {
        "packages.zip": archives.SERVER,
        "checks.zip": archives.CHECKS,
        "final.zip": archives.FINAL + archives.FINAL_IN_C,
    }.items():
        names = archive(vendor, name).namelist()
        found = {
            re.match(r"([\w.]+)-(.+)\.dist-info/METADATA", one) for one in names
        } - {None}
        assert {one[1].lower().replace("_", "-"): one[2] for one in found} == {
            package: locked[package] for package in wanted
        }
        assert not [one for one in names if one.endswith((".pyc", ".po"))]
        for package in set(wanted) - {"dj-email-url"}:  # its wheel has none
            licence = rf"{package.replace('-', '_')}-[\d.]+\.dist-info/.*LICEN[CS]E"
            assert any(re.match(licence, one, re.IGNORECASE) for one in names), package


def test_npm_gets_exact_versions_with_checksums_and_no_host():
    package = json.loads((playground.SOURCES / "package.json").read_text("utf-8"))
    text = (playground.SOURCES / "package-lock.json").read_text("utf-8")
    lock = json.loads(text)["packages"]
    assert lock[""]["dependencies"] == package["dependencies"]
    for name, version in package["dependencies"].items():
        assert lock[f"node_modules/{name}"]["version"] == version
    assert all(one["integrity"] for name, one in lock.items() if name)
    assert "resolved" not in text
    assert "://" not in text


def test_nothing_of_it_is_in_git():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    assert "docs/playground/package-lock.json" in tracked
    assert not [
        name
        for name in tracked
        if re.search(r"\.(wasm|whl|mjs\.gz|zip)$|node_modules|/vendor/.*pyodide", name)
    ]
    built = playground.VENDOR.relative_to(ROOT)
    assert not [name for name in tracked if name.startswith(f"{built.as_posix()}/")]


@pytest.mark.slow
def test_pythons_library_and_the_packages_have_all_that_django_and_pytest_import(
    vendor, tmp_path
):
    """Every module of them is imported, in the playground's Python, without a network."""
    project = tmp_path / "project"
    shutil.copytree(STEPS / "03-inmemory-layer", project)
    node = playground.find_node()
    words = [str(HERE / "in_the_browsers_python.mjs"), str(vendor), str(tmp_path)]
    words += [str(HERE / "in_the_browser.py"), "packages.zip", "checks.zip"]
    found = json.loads(node.run("node", words, tmp_path).splitlines()[-1])
    assert found["modules"] > 500
    assert found["missing"] == {
        "django.contrib.auth.admin": "django.contrib",
        "django.contrib.contenttypes.admin": "django.contrib.admin",
        "django.contrib.sites.admin": "django.contrib",
        "django.core.serializers.pyyaml": "yaml",
        "django.template.backends.jinja2": "jinja2",
        # Its live server is Daphne, which needs threads.
        "channels.testing": "daphne.testing",
    }
    assert found["version"] == dict(locked_versions())["django"]
    assert found["rows"] == 1
    assert found["room"] == 200


# How it is fetched.


@pytest.fixture
def elsewhere(tmp_path, monkeypatch, vendor):
    """A folder of its own for what is fetched, with a copy of what there is."""
    build = tmp_path / "playground"
    shutil.copytree(vendor, build / "vendor")
    monkeypatch.setattr(playground, "BUILD", build)
    monkeypatch.setattr(playground, "VENDOR", build / "vendor")
    for function in ("is_current", "manifest"):
        real = getattr(playground, function)
        here = functools.partial(
            lambda real, vendor=build / "vendor": real(vendor), real
        )
        monkeypatch.setattr(playground, function, here)
    return build


@pytest.fixture
def npm_that_says(tmp_path, monkeypatch):
    """Let npm fail with these words."""

    def npm_that_says(words):
        program = tmp_path / "npm.py"
        program.write_text(f"import sys; sys.exit({words!r})\n")

        def fail(self, name, arguments, folder, real=playground.Node.run):
            return real(self, name, [str(program)], folder)

        monkeypatch.setattr(playground.Node, "run", fail)
        python = playground.Node(shutil.which("python3"), shutil.which("python3"))
        monkeypatch.setattr(playground, "find_node", lambda: python)

    return npm_that_says


def test_a_second_time_nothing_is_fetched(vendor):
    before = {path: path.stat().st_mtime_ns for path in vendor.rglob("*")}
    done = course("playground")
    assert done.returncode == 0, done.stderr
    assert "The playground is there already." in done.stdout
    assert "Fetching" not in done.stdout
    assert "on a click" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in vendor.rglob("*")} == before


def make_copies_fail(monkeypatch, times):
    """Make the first `times` copies fail; return the list of all attempts."""
    copies = []

    def put_into(site):
        copies.append(site)
        if len(copies) <= times:
            raise FileNotFoundError(site)

    monkeypatch.setattr(playground, "fetch", lambda: False)
    monkeypatch.setattr(playground, "put_into", put_into)
    monkeypatch.setattr(playground, "sizes", lambda: "")
    return copies


def test_the_copy_is_repeated_if_the_lessons_are_replaced_meanwhile(
    monkeypatch, tmp_path
):
    copies = make_copies_fail(monkeypatch, times=1)
    assert playground.fetch_and_tell(tmp_path) == 0
    assert copies == [tmp_path] * 2


def test_after_three_failed_copies_nothing_is_called_ready(
    monkeypatch, tmp_path, capsys
):
    make_copies_fail(monkeypatch, times=3)
    with pytest.raises(FileNotFoundError):
        playground.fetch_and_tell(tmp_path)
    assert capsys.readouterr().out == ""


def outdated(build):
    """Let what is there be made of older sources."""
    manifest = build / "vendor" / "manifest.json"
    contents = json.loads(manifest.read_text("utf-8")) | {"made_of": "others"}
    manifest.write_text(json.dumps(contents), "utf-8")
    return {path: path.stat().st_mtime_ns for path in build.rglob("*")}


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("npm error code EAI_AGAIN", "cannot reach the package registries"),
        ("npm error network request to x failed", "cannot reach the package"),
        ("npm error code ENOSPC", "the disk is full"),
        ("npm error code EINTEGRITY", "What was there before is unchanged"),
    ],
)
def test_a_failed_fetch_gets_a_sentence_and_changes_nothing(
    elsewhere, npm_that_says, said, means
):
    before = outdated(elsewhere)
    npm_that_says(said)
    with pytest.raises(CourseError, match="^The playground could not be") as problem:
        playground.fetch()
    assert means in str(problem.value)
    assert said in str(problem.value)
    # The folder itself has a new time: something was made in it, and deleted.
    after = {path: path.stat().st_mtime_ns for path in elsewhere.rglob("*")}
    assert after == before


def test_an_interrupted_fetch_leaves_nothing_half_done(elsewhere, monkeypatch):
    before = outdated(elsewhere)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(playground, "write", interrupted)
    monkeypatch.setattr(playground, "install", lambda *_: elsewhere)
    monkeypatch.setattr(playground, "download", interrupted)
    with pytest.raises(KeyboardInterrupt):
        playground.fetch()
    after = {path: path.stat().st_mtime_ns for path in elsewhere.rglob("*")}
    assert after == before


def test_a_damaged_file_is_no_playground(elsewhere):
    assert playground.is_current()
    (file,) = elsewhere.glob("vendor/*/packages.zip.gz")
    content = bytearray(file.read_bytes())
    content[1000] ^= 1
    file.write_bytes(content)
    assert not playground.is_current()


def test_without_node_a_sentence_says_what_fetches_it(elsewhere, monkeypatch):
    outdated(elsewhere)
    monkeypatch.setattr(playground, "find_node", lambda: None)
    with pytest.raises(CourseError, match="Node.js 20 or newer, with npm") as problem:
        playground.fetch()
    assert "python3 -m course playground" in str(problem.value)


def test_an_old_node_is_not_used(tmp_path, monkeypatch):
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho v18.20.4\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(playground.sys, "executable", str(tmp_path / "python"))
    assert playground.find_node() is None


def test_an_offline_kit_brings_it(elsewhere, tmp_path):
    kit = tmp_path / "kit"
    packed = kit / "site" / playground.IN_SITE
    shutil.copytree(elsewhere / "vendor", packed)
    shutil.rmtree(elsewhere / "vendor")
    playground.take_from(kit)
    assert playground.is_current()
    # A damaged one is not taken.
    shutil.rmtree(elsewhere / "vendor")
    next(packed.glob("*/editor.js")).write_text("damaged")
    playground.take_from(kit)
    assert not (elsewhere / "vendor").exists()
    playground.take_from(tmp_path / "no-kit")


# `course run` fetches it beside the chats.


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("", "The playground is ready: http://127.0.0.1:8000/playground/index.html"),
        (
            f"import sys; sys.exit({playground.OFFLINE!r})",
            "The playground could not be fetched: this machine cannot reach the package"
            " registries. To try again: python3 -m course playground",
        ),
        ("1 / 0", "(log: "),
    ],
)
def test_run_fetches_it_in_the_background_and_says_how_it_went(
    monkeypatch, capfd, tmp_path, program, said
):
    script = tmp_path / "fetch.py"
    script.write_text(program)

    class Fetching(run.Process):
        def __init__(self, name, command, folder, log):
            super().__init__(name, [command[0], str(script)], folder, log)

    monkeypatch.setattr(run, "Process", Fetching)
    monkeypatch.setattr(run, "LOGS", tmp_path)
    monkeypatch.setattr(playground, "is_current", lambda: False)
    monkeypatch.setattr(playground, "can_be_fetched", lambda: True)
    before = {*threading.enumerate()}
    with run.fetching_the_playground("http://127.0.0.1:8000/"):
        for thread in threading.enumerate():
            if thread.name.endswith("(tell_of)"):
                thread.join(30)
    printed = capfd.readouterr().out
    assert printed.startswith("Fetching the playground in the background")
    assert said in printed.splitlines()[1]
    assert len(printed.splitlines()) == 2
    assert {*threading.enumerate()} <= before


def test_run_stops_a_fetch_that_goes_on_and_says_nothing(monkeypatch, capfd, tmp_path):
    class Fetching(run.Process):
        def __init__(self, name, command, folder, log):
            words = [command[0], "-c", "import time; time.sleep(600)"]
            super().__init__(name, words, folder, log)

    monkeypatch.setattr(run, "Process", Fetching)
    monkeypatch.setattr(run, "LOGS", tmp_path)
    monkeypatch.setattr(playground, "is_current", lambda: False)
    monkeypatch.setattr(playground, "can_be_fetched", lambda: True)
    with run.fetching_the_playground("http://127.0.0.1:8000/"):
        pass
    assert len(capfd.readouterr().out.splitlines()) == 1


def test_run_without_node_says_so_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(playground, "is_current", lambda: False)
    monkeypatch.setattr(playground, "can_be_fetched", lambda: False)
    with run.fetching_the_playground("http://127.0.0.1:8000/"):
        pass
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith("python3 -m course playground")


# How it is served.


def test_files_have_their_types_and_are_kept_for_ever(site_with_playground):
    folder = f"/{playground.IN_SITE.as_posix()}/{playground.manifest()['folder']}"
    gzipped = {"Accept-Encoding": "gzip"}
    with served(site_with_playground) as address:
        for name, kind in {
            "pyodide.mjs": "text/javascript",
            "editor.js": "text/javascript",
            "pyodide.asm.wasm.gz": "application/gzip",
            "packages.zip.gz": "application/gzip",
            "pyodide-lock.json": "application/json",
        }.items():
            answer, body = answer_to(address, f"{folder}/{name}", **gzipped)
            assert answer.status == 200
            assert answer.headers.get_content_type() == kind
            assert answer.headers["Cache-Control"].endswith("immutable")
            # An archive stays one; the page itself unpacks it.
            packed = "gzip" if kind == "text/javascript" else None
            assert answer.headers["Content-Encoding"] == packed
            sent = playground.manifest()["files"][name.removesuffix(".gz")]["bytes"]
            if name != "pyodide-lock.json":
                assert len(body) == sent
        answer, body = answer_to(address, f"{folder}/pyodide.mjs")
        assert answer.headers["Content-Encoding"] is None
        assert b"loadPyodide" in body
        missing, _ = answer_to(address, f"{folder}/not-there.js")
        assert (missing.status, missing.headers["Cache-Control"]) == (404, "no-cache")


def test_what_may_change_is_not_kept(site_with_playground):
    with served(site_with_playground) as address:
        for path in ("/index.html", "/playground/vendor/manifest.json", "/chats.json"):
            answer, _ = answer_to(address, path)
            assert answer.headers["Cache-Control"] == "no-cache", path


def test_every_page_is_sent_with_a_policy_that_names_its_scripts(site):
    with served(site) as address:
        answer, _ = answer_to(address, "/index.html")
        policy = answer.headers["Content-Security-Policy"]
        assert answer_to(address, "/nothing")[0].headers["Content-Security-Policy"]
    words = dict(part.split(" ", 1) for part in policy.split("; "))
    scripts = words["script-src"].split()
    assert scripts[:2] == ["'self'", "'wasm-unsafe-eval'"]
    assert all(one.startswith("'sha256-") for one in scripts[2:])
    assert len(scripts) < 20
    assert not re.search(
        r"https?:|\*|unsafe-eval' .*unsafe-eval|'unsafe-hashes'", policy
    )
    assert words["default-src"] == words["base-uri"] == words["form-action"] == "'self'"
    assert words["object-src"] == "'none'"


def test_a_changed_script_has_no_place_in_the_policy(site):
    page = with_policy((site / "index.html").read_text("utf-8"))
    (tag,) = re.findall('<meta http-equiv="Content-Security-Policy" [^>]+>', page)
    assert page.index(tag) < page.index("<link")
    assert "sha256-" in tag
    scripts = inline_scripts(page)
    changed = with_policy(
        (site / "index.html").read_text("utf-8").replace(scripts[0], scripts[0] + ";")
    )
    assert tag not in changed


def test_a_published_page_has_its_policy_in_it_and_one_on_disk_has_not(site, tmp_path):
    docs.build(tmp_path / "site", environment={"SITE_URL": "https://ana.example/"})
    for page in [*PAGES, "404.html"]:
        tag = '<meta http-equiv="Content-Security-Policy"'
        assert (tmp_path / "site" / page).read_text("utf-8").count(tag) == 1, page
        assert tag not in (site / page).read_text("utf-8"), page


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_no_page_breaks_the_policy(browser, site, name):
    with served(site) as address, visit(browser, address, name) as seen:
        assert seen.console == []
        assert seen.outside == []


@pytest.mark.slow
def test_search_slides_and_quizzes_work_under_the_policy(browser, site):
    with served(site) as address:
        page = "lessons/03-inmemory-layer.html"
        with visit(browser, address, page) as seen:
            seen.page.keyboard.press("/")
            seen.page.keyboard.type("channel layer", delay=20)
            seen.page.locator(".md-search-result__item").first.wait_for()
            assert seen.errors == []
        with visit(browser, address, f"{page}?slides") as seen:
            assert seen.errors == []


STARTS_PYTHON = """
const files = {};
const vendor = new URL("playground/vendor/", location.href);
const contents = await (await fetch(new URL("manifest.json", vendor))).json();
for (const name of ["pyodide.asm.wasm", "python_stdlib.zip", "packages.zip"]) {
  const url = new URL(`${contents.folder}/${contents.files[name].path}`, vendor);
  const body = (await fetch(url)).body.pipeThrough(new DecompressionStream("gzip"));
  files[name] = await new Response(body).arrayBuffer();
}
const fetched = self.fetch;
self.fetch = async (asked, ...rest) => {
  const name = String(asked.url ?? asked).split("/").pop();
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/zip";
  return files[name]
    ? new Response(files[name], { headers: { "Content-Type": type } })
    : fetched(asked, ...rest);
};
const folder = new URL(`${contents.folder}/`, vendor).href;
const { loadPyodide } = await import(`${folder}pyodide.mjs`);
const python = await loadPyodide({ indexURL: folder });
python.unpackArchive(files["packages.zip"], "zip", {
  extractDir: "/lib/python3.14/site-packages",
});
self.postMessage(python.runPython("import channels, django; django.__version__"));
"""
STARTS_A_WORKER = """
const { EditorView, basicSetup, python } = await import(EDITOR);
new EditorView({ doc: "import django\\n", extensions: [basicSetup, python()],
  parent: document.body });
const worker = new Worker("worker.js", { type: "module" });
const say = (text) => document.body.append(
  Object.assign(document.createElement("output"), { textContent: text }));
worker.onmessage = ({ data }) => say(data);
worker.onerror = ({ message }) => say(`It failed: ${message}`);
"""


@pytest.mark.slow
def test_python_and_the_editor_start_under_the_policy_and_ask_nobody_else(
    browser, vendor, tmp_path
):
    playground.put_into(tmp_path)
    folder = f"./playground/vendor/{playground.manifest()['folder']}"
    script = STARTS_A_WORKER.replace("EDITOR", f"'{folder}/editor.js'")
    (tmp_path / "page.js").write_text(script, "utf-8")
    (tmp_path / "worker.js").write_text(STARTS_PYTHON, "utf-8")
    (tmp_path / "index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Starting</title>'
        '<link rel="icon" href="data:,"><script type="module" src="page.js"></script>',
        "utf-8",
    )
    with served(tmp_path) as address, visit(browser, address, "index.html") as seen:
        # Not wait_for_function: it evaluates text, which the policy forbids.
        said = seen.page.locator("output").inner_text(timeout=60_000)
        assert said == dict(locked_versions())["django"]
        assert seen.page.locator(".cm-content").inner_text().startswith("import django")
        assert seen.console == []
        assert seen.outside == []
