"""`course class pack FOLDER`: an offline kit, in a folder for a USB stick.

The kit holds the wheels of all packages that a student needs, the lessons, the repository
as a git bundle, and a list of installers. `course run --from FOLDER` installs from it.

Whatever is written gets a temporary name first, so that an interrupted kit holds only
whole files, and the same command goes on where it was.
"""

import argparse
import contextlib
import errno
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path

from course import docs, playground
from course.classroom.targets import Lock, Pin, Target, Wheels, resolve
from course.environment import LOCK, requirements_of
from course.errors import CourseError
from course.installing import NO_NETWORK, PipError, run_pip, with_words_of_pip
from course.offline_kit import (
    FORMAT,
    MANIFEST,
    SYSTEMS,
    WHEELS,
    listed,
    open_kit,
    sha256,
    sha256_of_lock,
)
from course.steps import ROOT

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
# What a class does without a network: the chats, the lessons and the exercises; and the
# class itself, on a borrowed laptop.
GROUPS = ["run", "exercise", "class"]

INSTALLERS = Path(__file__).with_name("installers.toml")
BUILT_SITE = ROOT / "build" / "kit-site"

# Names in the kit.
BUNDLE = "course.bundle"
SITE = "site"
LIST = "installers.txt"
DOWNLOADED = "installers"  # where an instructor may put them
README = "README.txt"
UNFINISHED = "unfinished"

# What a system keeps on a stick, in addition to names that begin with a dot or a dollar.
NOT_OURS = {"System Volume Information", "lost+found"}

AT_ONCE = 10  # packages for one pip: what it has finished is kept
# Megabytes, a little more than was measured in November 2026.
SHARED_MB = 85
MB_FOR_EACH_TARGET = 12

README_TEXT = """\
1. Install Python {pythons} and Git; {list} says where they come from. The lessons are in {site}/index.html, for any browser.
2. Copy this folder to the laptop, open a terminal in it, and type: git clone {bundle} realtime-django
3. Then: cd realtime-django   and, without any network: python3 -m course run --from ..   (on Windows: py -m course run --from ..)
"""


class NoWheel(Exception):
    """A package that a machine can't install without compiling it."""

    def __init__(self, pin: Pin, target: Target) -> None:
        super().__init__(f"{target}: there is no wheel of {pin}")


def pack(options: argparse.Namespace) -> int:
    """Make the kit in the folder after `pack`, or finish it."""
    words = options.words[1:]
    if len(words) != 1:
        raise CourseError(
            "Which folder? Try: python3 -m course class pack FOLDER, where FOLDER is new or"
            " empty, on a USB stick for example"
        )
    targets = chosen(options.python, options.systems)
    kit = Packing(Path(words[0]).absolute(), targets)
    with told_plainly(kit.folder):
        left_out = kit.make()
    # Without a word about systems or Pythons, a kit is for those that there are wheels for.
    return 1 if left_out and (options.python or options.systems) else 0


def chosen(pythons: list[str] | None, systems: list[str] | None) -> list[Target]:
    """Return what a kit is for; each of `systems` is a family, or one of its members."""
    for python in pythons or []:
        if python not in PYTHONS:
            raise CourseError(
                f"The course does not support Python {python}. --python can be"
                f" {listed(PYTHONS, 'or')}, and may be repeated."
            )
    for name in systems or []:
        if not any(name in (system.name, system.family) for system in SYSTEMS):
            families = list(dict.fromkeys(system.family for system in SYSTEMS))
            members = [one.name for one in SYSTEMS if one.name != one.family]
            raise CourseError(
                f'There is no system "{name}". --for can be'
                f" {listed(families, 'or')};"
                f" for fewer machines, {listed(members, 'or')}. It may be repeated."
            )
    return [
        Target(python, system)
        for system, python in product(SYSTEMS, PYTHONS)
        if not pythons or python in pythons
        if not systems or system.name in systems or system.family in systems
    ]


@contextlib.contextmanager
def told_plainly(folder: Path) -> Iterator[None]:
    """Turn what the system refuses into a sentence; a full disk already has one."""
    try:
        yield
    except OSError as problem:
        if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise CourseError(
            f"The kit could not be finished: {problem.filename or folder}:"
            f" {problem.strerror}.\n"
            "Repeat the command when this is put right: it goes on where it was."
        ) from None


class Packing:
    """A kit while it is made."""

    def __init__(
        self,
        folder: Path,
        targets: list[Target],
        lock: Path = LOCK,
        wanted: Iterable[str] | None = None,
    ) -> None:
        self.folder = folder
        self.targets = targets
        self.lock_file = lock
        self.lock = Lock(lock.read_text("utf-8"))
        if wanted is None:
            wanted = (line for group in GROUPS for line in requirements_of(group))
        self.wanted = list(dict.fromkeys(wanted))
        self.unfinished = folder / UNFINISHED
        self.wheels = Wheels(folder / WHEELS)
        self.packed: dict[Target, list[str]] = {}
        self.left_out: list[str] = []

    def make(self) -> list[str]:
        """Make everything; return the sentences about what had to be left out."""
        self.prepare()
        commit = self.add_repository()
        self.check_wheels()
        self.add_wheels()
        self.drop_wheels()
        self.add_site()
        self.add_texts()
        self.add_manifest(commit)
        shutil.rmtree(self.unfinished)
        self.say_sizes()
        return self.left_out

    # ---- The folder --------------------------------------------------------------

    def prepare(self) -> None:
        """Make the folder ready; raise CourseError if no kit can be there."""
        if importlib.util.find_spec("pip") is None:
            raise CourseError(
                f"{sys.executable} has no pip, which fetches the packages.\n"
                "Try: python3 -m ensurepip"
            )
        self.refuse_foreign_folder()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self.unfinished, ignore_errors=True)
            self.unfinished.mkdir(exist_ok=True)
            (self.unfinished / "probe").write_text("Can anything be written here?\n")
            (self.folder / WHEELS).mkdir(exist_ok=True)
        except OSError as problem:
            if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise CourseError(
                f"Nothing can be written in {self.folder}: {problem.strerror}.\n"
                "Name another folder, or allow writing in this one."
            ) from None
        self.refuse_small_disk()

    def refuse_foreign_folder(self) -> None:
        """Raise CourseError if a folder holds something else: a kit drops old files."""
        if not self.folder.is_dir() or self.unfinished.is_dir():
            return
        names = {path.name for path in self.folder.iterdir()} - NOT_OURS
        if not [name for name in names if name[0] not in ".$"]:
            return
        try:
            open_kit(self.folder)
        except CourseError:
            if MANIFEST in names and (self.folder / WHEELS).is_dir():
                return  # a damaged kit
            raise CourseError(
                f"{self.folder} holds other files, and a kit wants a folder of its own."
                f" Try: python3 -m course class pack {self.folder / 'kit'}"
            ) from None

    def refuse_small_disk(self) -> None:
        """Raise CourseError if the kit will not fit."""
        there = sum(size_of(path) for path in files_in(self.folder))
        needed = SHARED_MB + MB_FOR_EACH_TARGET * len(self.targets) - megabytes(there)
        free = megabytes(shutil.disk_usage(self.folder).free)
        if free < needed:
            raise CourseError(
                f"There is too little space in {self.folder}: {needed:.0f} MB are needed,"
                f" and {free:.0f} MB are free.\n"
                "Free some space, or pack less with --for and --python:"
                " python3 -m course class pack FOLDER --for windows --python 3.13"
            )

    def write(self, name: str, make: Callable[[Path], object]) -> None:
        """Write a file under a temporary name, then give it its own."""
        temporary = self.unfinished / Path(name).name
        make(temporary)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, path)

    # ---- The wheels --------------------------------------------------------------

    def check_wheels(self) -> None:
        """Drop each wheel that is not whole; it is fetched again."""
        known = {}
        with contextlib.suppress(CourseError):
            known = open_kit(self.folder).contents["files"]
        for path in sorted((self.folder / WHEELS).glob("*.whl")):
            listed_as = known.get(f"{WHEELS}/{path.name}")
            if listed_as:
                is_whole = sha256(path) == listed_as["sha256"]
            else:
                is_whole = is_whole_zip(path)
            if not is_whole:
                say(f"{path.name} is damaged; fetching it again.")
                path.unlink()
        self.wheels = Wheels(self.folder / WHEELS)

    def add_wheels(self) -> None:
        """Fetch what each machine needs and is not there; leave out what can't be."""
        width = max(len(str(target)) for target in self.targets)
        for target in self.targets:
            try:
                new = self.add_wheels_for(target)
            except NoWheel as problem:
                self.left_out.append(f"{problem}, so it is left out.")
                say(f"  {self.left_out[-1]}")
                continue
            count = len(self.packed[target])
            say(f"  {target!s:{width}}  {count} packages, {new} of them new")
        if not self.packed:
            raise CourseError("There is nothing to pack.\n" + "\n".join(self.left_out))

    def add_wheels_for(self, target: Target) -> int:
        """Fetch what a machine needs; return how many wheels are new."""
        new = 0
        while True:
            found, missing = resolve(target, self.wanted, self.lock, self.wheels)
            if not missing:
                self.packed[target] = sorted(found.values())
                return new
            for pins in batches(missing):
                self.fetch(pins, target)
            new += len(missing)

    def fetch(self, pins: list[Pin], target: Target) -> None:
        """Fetch wheels for a machine; raise NoWheel if there is none of a package."""
        options = ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python"]
        options += ["--dest", str(self.unfinished), *target.pip_options()]
        while pins:
            try:
                run_pip(Path(sys.executable), ["download", *options, *map(str, pins)])
            except PipError as problem:
                pin = without_a_wheel(str(problem), pins)
                if pin is None:
                    raise CourseError(why_not_fetched(str(problem))) from None
                self.build(pin, target)
                pins = [other for other in pins if other != pin]
            else:
                break
        self.keep()
        for pin in pins:
            if self.wheels.best(pin, target) is None:
                raise NoWheel(pin, target)

    def build(self, pin: Pin, target: Target) -> None:
        """Build the wheel of a package that is there as source only, in pure Python."""
        options = ["--no-deps", "--no-binary", pin.name]
        options += ["--wheel-dir", str(self.unfinished)]
        try:
            run_pip(Path(sys.executable), ["wheel", *options, str(pin)])
        except PipError as problem:
            if NO_NETWORK.search(str(problem)):
                raise CourseError(why_not_fetched(str(problem))) from None
            raise NoWheel(pin, target) from None
        built = Wheels(self.unfinished)
        if built.best(pin, target) is None:  # it fits this machine alone
            for name in built.names.get(pin, {}):
                (self.unfinished / name).unlink()
            raise NoWheel(pin, target)
        self.keep()

    def keep(self) -> None:
        """Move what has arrived whole to the others."""
        for path in sorted(self.unfinished.glob("*.whl")):
            os.replace(path, self.folder / WHEELS / path.name)
            self.wheels.add(path.name)

    def drop_wheels(self) -> None:
        """Remove what nobody needs any longer."""
        needed = {name for names in self.packed.values() for name in names}
        for path in sorted((self.folder / WHEELS).iterdir()):
            if path.name not in needed:
                path.unlink()

    # ---- The rest ----------------------------------------------------------------

    def add_repository(self) -> str:
        """Add the repository, with its history, as one file; return its commit."""
        top = git("rev-parse", "--show-toplevel")
        if Path(top).resolve() != ROOT:
            raise CourseError(
                f"{ROOT} is not a clone of the course's repository, so students could not"
                " clone it from the kit.\nClone the course with git, and pack from there."
            )
        if git("rev-parse", "--is-shallow-repository") == "true":
            raise CourseError(
                "This clone does not have the whole history, so nobody could clone it"
                " from the kit.\nFetch the rest first: git fetch --unshallow"
            )
        commit = git("rev-parse", "HEAD")
        branch = git("branch", "--show-current")
        refs = ["HEAD", branch] if branch else ["HEAD"]
        if self.is_in_the_kit(commit):
            return commit
        say("Packing the repository …")
        self.write(BUNDLE, lambda path: git("bundle", "create", str(path), *refs))
        return commit

    def is_in_the_kit(self, commit: str) -> bool:
        """Tell whether the kit's bundle is whole, and holds this commit as its newest."""
        path = self.folder / BUNDLE
        try:
            heads = git("bundle", "list-heads", str(path))
            git("bundle", "verify", "--quiet", str(path))
        except CourseError:
            return False
        return f"{commit} HEAD" in heads.splitlines()

    def add_site(self) -> None:
        """Add the lessons, to be read in any browser."""
        say("Building the lessons …")
        shutil.rmtree(BUILT_SITE, ignore_errors=True)
        docs.build(BUILT_SITE)  # with the playground, if it was fetched
        if not playground.is_current():
            say(
                f"The kit has no playground. {playground.FETCH_IT} fetches it: then pack again."
            )
        self.copy_folder(BUILT_SITE, SITE)

    def copy_folder(self, source: Path, name: str) -> None:
        """Make a folder of the kit like another one, file by file."""
        wanted = {path.relative_to(source) for path in files_in(source)}
        there = self.folder / name
        for path in sorted(wanted):
            if not is_same(source / path, there / path):
                self.write(
                    f"{name}/{path.as_posix()}",
                    lambda copy, path=path: shutil.copyfile(source / path, copy),
                )
        for path in files_in(there):
            if path.relative_to(there) not in wanted:
                path.unlink()

    def add_texts(self) -> None:
        """Add the list of installers, and what to do with the kit."""
        self.check_installers()
        pythons = sorted({target.python for target in self.packed}, key=version_key)
        readme = README_TEXT.format(
            pythons=listed(pythons, "or"),
            list=LIST,
            site=SITE,
            bundle=BUNDLE,
        )
        self.write(README, lambda path: path.write_text(readme, "utf-8"))
        self.write(LIST, lambda path: path.write_text(list_of_installers(), "utf-8"))

    def check_installers(self) -> None:
        """Check those that the instructor has put into the kit already."""
        for one in load_installers():
            path = self.folder / DOWNLOADED / file_name(one)
            if "sha256" in one and path.is_file() and sha256(path) != one["sha256"]:
                raise CourseError(
                    f"{path} is not the file that {LIST} lists: its SHA-256 checksum is"
                    f" another.\nDownload it again from {one['url']}"
                )

    def add_manifest(self, commit: str) -> None:
        """Add the list of everything, with checksums. It comes last: now the kit is whole."""
        say("Writing the checksums …")
        paths = sorted(self.kit_files(), key=Path.as_posix)
        contents = {
            "format": FORMAT,
            "commit": commit,
            "lock": sha256_of_lock(self.lock_file),
            "groups": GROUPS,
            "targets": [
                {"system": target.system.name, "python": target.python, "wheels": names}
                for target, names in self.packed.items()
            ],
            "files": {
                path.relative_to(self.folder).as_posix(): {
                    "bytes": size_of(path),
                    "sha256": sha256(path),
                }
                for path in paths
            },
        }
        text = json.dumps(contents, indent=1) + "\n"
        self.write(MANIFEST, lambda path: path.write_text(text, "utf-8"))

    def kit_files(self) -> Iterator[Path]:
        """Yield every file of the kit but its manifest."""
        for path in files_in(self.folder):
            first = path.relative_to(self.folder).parts[0]
            if first in {README, LIST, BUNDLE, WHEELS, SITE, DOWNLOADED}:
                yield path

    def say_sizes(self) -> None:
        """Print what everything takes, for each system and in total."""
        say("\n" + "\n".join(table_of(self.wheel_sizes())))
        parts = {
            "all wheels, each once": self.folder / WHEELS,
            "the lessons": self.folder / SITE,
            "the repository": self.folder / BUNDLE,
            "installers": self.folder / DOWNLOADED,
            "the whole kit": self.folder,
        }
        for name, path in parts.items():
            if path.exists():
                say(f"  {name:21}  {megabytes(total_of(path)):7.1f} MB")
        say(
            f"\nThe kit is in {self.folder}. Eject a stick before you pull it out.\n"
            "Its README.txt has three lines, for a laptop without a network."
        )

    def wheel_sizes(self) -> dict[str, dict[str, float]]:
        """Return the megabytes that one machine installs, by system and Python."""
        sizes: dict[str, dict[str, float]] = {}
        for target, names in self.packed.items():
            total = sum(size_of(self.folder / WHEELS / name) for name in names)
            row = sizes.setdefault(target.system.title, {})
            row[target.python] = megabytes(total)
        return sizes


def table_of(sizes: dict[str, dict[str, float]]) -> list[str]:
    """Return the lines of a table: a row for each system, a column for each Python."""
    pythons = sorted({one for row in sizes.values() for one in row}, key=version_key)
    width = max(map(len, ["MB to install", *sizes]))
    lines = [f"  {'MB to install':{width}}" + "".join(f"{one:>7}" for one in pythons)]
    for system, row in sizes.items():
        cells = [f"{row[one]:7.1f}" if one in row else f"{'–':>7}" for one in pythons]
        lines.append(f"  {system:{width}}" + "".join(cells))
    return lines


# ---- What pip and git say ------------------------------------------------------------


def batches(pins: Iterable[Pin]) -> Iterator[list[Pin]]:
    """Yield a few packages at a time; one pip takes no two versions of a package."""
    batch: list[Pin] = []
    for pin in sorted(pins):
        if len(batch) == AT_ONCE or pin.name in {other.name for other in batch}:
            yield batch
            batch = []
        batch.append(pin)
    if batch:
        yield batch


def without_a_wheel(said: str, pins: list[Pin]) -> Pin | None:
    """Return the package that pip found no wheel of; None if it failed otherwise."""
    if NO_NETWORK.search(said):
        return None
    found = re.search(r"No matching distribution found for ([\w.-]+)==", said)
    return next((pin for pin in pins if found and pin.name == found[1]), None)


def why_not_fetched(said: str) -> str:
    """Return why packages could not be fetched, and what to do."""
    goes_on = "repeat the command: it goes on where it was."
    if NO_NETWORK.search(said):
        return (
            "The kit could not be finished: this machine cannot reach the package index."
            f"\nConnect to the internet and {goes_on}"
        )
    if "No space left" in said:
        return f"The kit could not be finished: the disk is full.\nFree some space and {goes_on}"
    why = f"The kit could not be finished. Put right what pip says and {goes_on}"
    return with_words_of_pip(why, said)


def git(*words: str) -> str:
    """Run git on the course; return what it prints."""
    try:
        result = subprocess.run(
            ["git", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError:
        raise CourseError(
            "There is no git on this machine, so the repository cannot be packed."
            " Get it from https://git-scm.com/downloads"
        ) from None
    if result.returncode:
        said = result.stderr.strip()
        raise CourseError(f"`git {' '.join(words)}` failed in {ROOT}:\n{said}")
    return result.stdout.strip()


# ---- Installers ----------------------------------------------------------------------


def load_installers() -> list[dict[str, str]]:
    """Return what a laptop needs before the course."""
    return tomllib.loads(INSTALLERS.read_text("utf-8"))["installer"]


def file_name(installer: dict[str, str]) -> str:
    """Return the name of the file that is downloaded."""
    return installer.get("url", "").rpartition("/")[2] or "-"


def list_of_installers() -> str:
    """Return the list as a text."""
    lines = [
        "What a laptop needs before the course, and where it comes from.",
        f"Put the files into a folder {DOWNLOADED} beside this one, and pack again: their",
        "checksums are compared. By hand:",
        "  Windows  certutil -hashfile FILE SHA256",
        "  macOS    shasum -a 256 FILE",
    ]
    for one in load_installers():
        lines += ["", f"{one['program']}, {one['system']}"]
        if "url" in one:
            lines.append(f"  {one['url']}")
        if "sha256" in one:
            lines.append(f"  SHA-256 {one['sha256']}")
        if "note" in one:
            lines.append(f"  {one['note']}")
    return "\n".join(lines) + "\n"


# ---- Files ---------------------------------------------------------------------------


def files_in(folder: Path) -> list[Path]:
    """Return every file in a folder, except those that a system hides there."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]


def is_whole_zip(path: Path) -> bool:
    """Tell whether a wheel that nobody has a checksum of can be unpacked."""
    try:
        with zipfile.ZipFile(path) as wheel:
            return wheel.testzip() is None
    except (zipfile.BadZipFile, OSError):
        return False


def is_same(one: Path, other: Path) -> bool:
    """Tell whether two files are there and alike."""
    return (
        other.is_file()
        and size_of(one) == size_of(other)
        and one.read_bytes() == other.read_bytes()
    )


def size_of(path: Path) -> int:
    """Return how many bytes a file has."""
    return path.stat().st_size


def total_of(place: Path) -> int:
    """Return how many bytes a file has, or all files in a folder."""
    return sum(map(size_of, files_in(place))) if place.is_dir() else size_of(place)


def megabytes(size: int) -> float:
    """Return a size as makers of sticks count it."""
    return size / 1e6


def version_key(version: str) -> tuple[int, ...]:
    """Return what sorts 3.9 before 3.11."""
    return tuple(map(int, version.split(".")))


def say(text: str) -> None:
    """Print at once, even into a pipe."""
    print(text, flush=True)
