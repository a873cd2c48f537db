"""The offline kit: what each machine needs, packed on another one, and installed from."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from argparse import Namespace
from io import BytesIO
from pathlib import Path

import pytest
from conftest import copy_course, course, refuse
from pythons import pythons

from course import offline_kit
from course.classroom import pack
from course.classroom.targets import Lock, Target, Wheels, resolve
from course.errors import CourseError
from course.offline_kit import SYSTEMS, Here, open_kit, sha256, this_machine
from course.steps import ROOT

WINDOWS, APPLE, INTEL, LINUX, ARM = SYSTEMS
HERE = this_machine()


def wheel(folder: Path, name: str, *requires: str, fits: str = "py3-none-any") -> Path:
    """Make a wheel that holds a greeting, such as `oi-1.0`, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    project, _, version = name.rpartition("-")
    about = f"{name}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {project}", f"Version: {version}"]
    lines += [f"Requires-Dist: {one}" for one in requires]
    path = folder / f"{name}-{fits}.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{project}.py", f"TEXT = '{project} from'")
        file.writestr(f"{about}/METADATA", "\n".join(lines) + "\n")
        tag = f"Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: {fits}\n"
        file.writestr(f"{about}/WHEEL", tag)
        file.writestr(f"{about}/RECORD", "")
    return path


def needs(folder: Path, lock: str, target: Target, *wanted: str) -> set[str]:
    """Return what a machine needs, if all wheels are there."""
    found, missing = resolve(target, wanted, Lock(lock), Wheels(folder))
    assert missing == set()
    return set(map(str, found))


# ---- What another machine needs --------------------------------------------------


def test_windows_gets_what_only_windows_needs(tmp_path):
    wheel(tmp_path, "oi-1.0", "colours; sys_platform == 'win32'")
    wheel(tmp_path, "colours-2.0")
    lock = "colours==2.0\noi==1.0\n"
    windows = needs(tmp_path, lock, Target("3.13", WINDOWS), "oi")
    assert windows == {"oi==1.0", "colours==2.0"}
    for system in (APPLE, INTEL, LINUX, ARM):
        assert needs(tmp_path, lock, Target("3.13", system), "oi") == {"oi==1.0"}


def test_an_intel_mac_gets_the_older_version_that_the_lock_has_for_it(tmp_path):
    wheel(tmp_path, "oi-1.0")
    wheel(tmp_path, "oi-2.0")
    intel = "platform_machine == 'x86_64' and sys_platform == 'darwin'"
    other = "platform_machine != 'x86_64' or sys_platform != 'darwin'"
    lock = f"oi==1.0 ; {intel}\noi==2.0 ; {other}\n"
    assert needs(tmp_path, lock, Target("3.13", INTEL), "oi") == {"oi==1.0"}
    for system in (WINDOWS, APPLE, LINUX, ARM):
        assert needs(tmp_path, lock, Target("3.13", system), "oi") == {"oi==2.0"}


def test_an_old_python_gets_its_own_version(tmp_path):
    wheel(tmp_path, "oi-1.0")
    wheel(tmp_path, "oi-2.0")
    lock = "oi==1.0 ; python_version < '3.12'\noi==2.0 ; python_version >= '3.12'\n"
    assert needs(tmp_path, lock, Target("3.11", LINUX), "oi") == {"oi==1.0"}
    assert needs(tmp_path, lock, Target("3.14", LINUX), "oi") == {"oi==2.0"}


def test_a_kit_for_3_11_serves_every_3_11_that_the_lock_tells_apart(tmp_path):
    wheel(tmp_path, "oi-1.0", "backport; python_full_version < '3.11.3'")
    for version in ("1.0", "1.5", "2.0"):
        wheel(tmp_path, f"backport-{version}")
    lock = (
        "oi==1.0\n"
        "backport==1.0 ; python_full_version < '3.11.3'\n"
        "backport==1.5 ; python_full_version >= '3.11.3' and python_full_version < '3.11.5'\n"
        "backport==2.0 ; python_full_version >= '3.11.5'\n"
    )
    assert needs(tmp_path, lock, Target("3.11", LINUX), "oi", "backport") == {
        "oi==1.0",
        "backport==1.0",
        "backport==1.5",
        "backport==2.0",
    }
    assert needs(tmp_path, lock, Target("3.12", LINUX), "oi") == {"oi==1.0"}


def test_an_extra_brings_its_packages_and_nothing_else_does(tmp_path):
    wheel(tmp_path, "oi-1.0", "pool; extra == 'pool'", "paint; extra == 'paint'")
    wheel(tmp_path, "pool-1.0")
    wheel(tmp_path, "paint-1.0")
    lock = "oi==1.0\npaint==1.0\npool==1.0\n"
    target = Target("3.13", LINUX)
    assert needs(tmp_path, lock, target, "oi[pool]") == {"oi==1.0", "pool==1.0"}
    assert needs(tmp_path, lock, target, "oi") == {"oi==1.0"}


def test_a_requirement_that_the_lock_forgot_is_named(tmp_path):
    wheel(tmp_path, "oi-1.0", "forgotten")
    with pytest.raises(CourseError, match="no version of forgotten"):
        needs(tmp_path, "oi==1.0\n", Target("3.13", LINUX), "oi")


@pytest.mark.parametrize(
    ("system", "fits"),
    [
        (WINDOWS, "cp313-cp313-win_amd64"),
        (APPLE, "cp313-cp313-macosx_11_0_arm64"),
        (INTEL, "cp313-cp313-macosx_10_13_x86_64"),
        (LINUX, "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64"),
        (ARM, "cp311-abi3-manylinux_2_28_aarch64"),
    ],
)
def test_each_machine_gets_the_wheel_that_fits_it(tmp_path, system, fits):
    own = wheel(tmp_path, "oi-1.0", fits=fits)
    wheel(tmp_path, "oi-1.0")  # slower, for everybody else
    wheel(tmp_path, "oi-1.0", fits="cp312-cp312-win_amd64")
    wheel(tmp_path, "oi-1.0", fits="cp313-cp313-win32")
    wheel(tmp_path, "oi-1.0", fits="cp313-cp313-macosx_15_0_arm64")
    wheel(tmp_path, "oi-1.0", fits="cp313-cp313-manylinux_2_39_x86_64")
    wheel(tmp_path, "oi-1.0", fits="cp313-cp313t-manylinux_2_28_aarch64")
    target = Target("3.13", system)
    found, _ = resolve(target, ["oi"], Lock("oi==1.0"), Wheels(tmp_path))
    assert [*found.values()] == [own.name]


def test_this_machine_is_evaluated_as_pip_evaluates_it():
    from packaging.markers import default_environment
    from packaging.tags import sys_tags

    here = Target(HERE.python, HERE.system)
    ours = here.environment(sys.version_info.micro)
    theirs = default_environment() | {"extra": ""}
    ours |= {key: theirs[key] for key in ("platform_release", "platform_version")}
    assert ours == theirs
    assert len(here.ranks.keys() & set(sys_tags())) > 100


# ---- Packing ---------------------------------------------------------------------


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip takes for the index of all packages."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def packing(tmp_path):
    """Start packing `oi` for some machines, in the same folder each time."""

    def packing(*targets: Target, lock: str = "oi==1.0\n"):
        path = tmp_path / "requirements.txt"
        path.write_text(lock)
        made = pack.Packing(tmp_path / "kit", list(targets), path, ["oi"])
        made.prepare()
        return made

    return packing


def add_wheels(made: pack.Packing) -> list[str]:
    """Let it get its wheels; return those that the kit then has."""
    made.check_wheels()
    made.add_wheels()
    made.drop_wheels()
    return sorted(path.name for path in (made.folder / "wheels").iterdir())


def test_what_two_machines_share_is_packed_once(index, packing):
    wheel(index, "oi-1.0", "drum")
    wheel(index, "drum-1.0", fits="cp313-cp313-win_amd64")
    wheel(index, "drum-1.0", fits="cp313-cp313-manylinux_2_28_x86_64")
    both = packing(
        Target("3.13", WINDOWS), Target("3.13", LINUX), lock="oi==1.0\ndrum==1.0"
    )
    assert add_wheels(both) == [
        "drum-1.0-cp313-cp313-manylinux_2_28_x86_64.whl",
        "drum-1.0-cp313-cp313-win_amd64.whl",
        "oi-1.0-py3-none-any.whl",
    ]
    assert [len(names) for names in both.packed.values()] == [2, 2]


def test_a_package_without_a_wheel_is_named_and_its_machine_left_out(
    index, packing, capsys
):
    wheel(index, "oi-1.0", fits="cp313-cp313-win_amd64")
    made = packing(Target("3.13", WINDOWS), Target("3.14", WINDOWS))
    assert add_wheels(made) == ["oi-1.0-cp313-cp313-win_amd64.whl"]
    sentence = "Python 3.14 on Windows x86-64: there is no wheel of oi==1.0, so it is left out."
    assert made.left_out == [sentence]
    assert sentence in capsys.readouterr().out


def test_nothing_to_pack_is_an_error(index, packing):
    with pytest.raises(CourseError, match=r"There is nothing to pack.\n.*oi==1.0"):
        add_wheels(packing(Target("3.13", WINDOWS)))


BACKEND = """
import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "oi-1.0-{fits}.whl"
    with zipfile.ZipFile(f"{{folder}}/{{name}}", "w") as wheel:
        about = "oi-1.0.dist-info"
        wheel.writestr(f"{{about}}/METADATA", "Metadata-Version: 2.1\\nName: oi\\nVersion: 1.0\\n")
        wheel.writestr(f"{{about}}/WHEEL", "Wheel-Version: 1.0\\nTag: {fits}\\n")
        wheel.writestr(f"{{about}}/RECORD", "")
    return name
"""


def source(folder: Path, fits: str) -> None:
    """Put the source of `oi` into a folder; its wheel fits these machines."""
    files = {
        "PKG-INFO": "Metadata-Version: 2.1\nName: oi\nVersion: 1.0\n",
        "pyproject.toml": (
            '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
            'backend-path = ["."]\n'
        ),
        "backend.py": BACKEND.format(fits=fits),
    }
    with tarfile.open(folder / "oi-1.0.tar.gz", "w:gz") as file:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"oi-1.0/{name}")
            entry.size = len(text)
            file.addfile(entry, BytesIO(text.encode()))


def test_pure_python_that_is_there_as_source_only_becomes_a_wheel(index, packing):
    source(index, "py3-none-any")
    made = packing(Target("3.13", WINDOWS), Target("3.14", APPLE))
    assert add_wheels(made) == ["oi-1.0-py3-none-any.whl"]
    assert made.left_out == []


def test_what_was_compiled_for_this_machine_alone_is_not_packed_for_others(
    index, packing
):
    source(index, "cp313-cp313-linux_x86_64")
    with pytest.raises(CourseError, match="there is no wheel of oi==1.0"):
        add_wheels(packing(Target("3.13", WINDOWS)))


def test_an_interrupted_kit_goes_on_where_it_was(index, packing, monkeypatch):
    wheel(index, "oi-1.0", "drum")
    wheel(index, "drum-1.0")
    lock, target = "oi==1.0\ndrum==1.0\n", Target("3.13", WINDOWS)
    asked = []

    def interrupted(python, words):
        """As when the lid is closed: the second package arrives by half."""
        asked.append(words[-1])
        if words[-1] == "drum==1.0":
            (made.unfinished / "drum-1.0-py3-none-any.whl").write_bytes(b"PK half")
            raise KeyboardInterrupt
        run_pip(python, words)

    run_pip = pack.run_pip
    monkeypatch.setattr(pack, "run_pip", interrupted)
    made = packing(target, lock=lock)
    with pytest.raises(KeyboardInterrupt):
        add_wheels(made)
    assert [path.name for path in made.wheels.folder.iterdir()] == [
        "oi-1.0-py3-none-any.whl"
    ]
    monkeypatch.setattr(pack, "run_pip", run_pip)
    monkeypatch.setattr(
        pack,
        "run_pip",
        lambda python, words: (asked.append("again"), run_pip(python, words)),
    )
    assert len(add_wheels(packing(target, lock=lock))) == 2
    assert asked == ["oi==1.0", "drum==1.0", "again"]  # `oi` was fetched only once


@pytest.mark.parametrize("was_finished", [True, False])
def test_a_wheel_that_the_stick_has_changed_is_fetched_again(
    index, packing, capsys, was_finished
):
    whole = sha256(wheel(index, "oi-1.0"))
    target = Target("3.13", WINDOWS)
    made = packing(target)
    if was_finished:
        finish(made)
    else:
        add_wheels(made)
    path = made.folder / "wheels" / "oi-1.0-py3-none-any.whl"
    damage(path)
    add_wheels(packing(target))
    assert sha256(path) == whole
    assert f"{path.name} is damaged; fetching it again." in capsys.readouterr().out


def test_a_new_version_in_the_lock_replaces_the_old_wheel(index, packing):
    wheel(index, "oi-1.0")
    wheel(index, "oi-2.0")
    target = Target("3.13", WINDOWS)
    assert add_wheels(packing(target)) == ["oi-1.0-py3-none-any.whl"]
    new = packing(target, lock="oi==2.0\n")
    assert add_wheels(new) == ["oi-2.0-py3-none-any.whl"]


def test_without_a_network_packing_says_so(index, packing, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    with pytest.raises(CourseError) as problem:
        add_wheels(packing(Target("3.13", WINDOWS)))
    assert "this machine cannot reach the package index" in str(problem.value)
    assert "it goes on where it was" in str(problem.value)
    assert "pip says" not in str(problem.value)


def test_a_folder_that_cannot_be_written_gets_a_sentence(packing, tmp_path):
    (tmp_path / "kit").write_text("a file, not a folder")
    with pytest.raises(CourseError, match=r"Nothing can be written in .*kit: "):
        packing(Target("3.13", WINDOWS))


def test_a_folder_with_other_files_is_left_alone(packing, tmp_path):
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "thesis.odt").write_text("years of work")
    with pytest.raises(CourseError, match="holds other files"):
        packing(Target("3.13", WINDOWS))
    assert os.listdir(tmp_path / "kit") == ["thesis.odt"]


def test_what_a_system_hides_on_an_empty_stick_is_no_other_file(packing, tmp_path):
    for name in (".Trashes", "$RECYCLE.BIN", "System Volume Information"):
        (tmp_path / "kit" / name).mkdir(parents=True)
    packing(Target("3.13", WINDOWS))


def test_too_little_space_gets_a_sentence_with_both_figures(packing, monkeypatch):
    usage = shutil.disk_usage(ROOT)._replace(free=20_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CourseError, match=r"\d+ MB are needed, and 20 MB are free"):
        packing(Target("3.13", WINDOWS))


@pytest.mark.parametrize(
    ("pythons", "systems", "said"),
    [
        (["3.9"], None, "does not support Python 3.9"),
        (None, ["amiga"], 'There is no system "amiga"'),
    ],
)
def test_an_unknown_python_or_system_is_refused(pythons, systems, said):
    with pytest.raises(CourseError, match=said):
        pack.chosen(pythons, systems)


def test_a_kit_is_for_all_machines_or_for_those_that_are_asked_for():
    assert len(pack.chosen(None, None)) == 4 * 5
    assert pack.chosen(["3.13"], ["windows"]) == [Target("3.13", WINDOWS)]
    macs = pack.chosen(["3.13"], ["macos"])
    assert [target.system for target in macs] == [APPLE, INTEL]
    assert pack.chosen(["3.11"], ["linux-arm64"]) == [Target("3.11", ARM)]


def test_packing_without_a_folder_asks_which():
    for words in (["pack"], ["pack", "one", "two"]):
        with pytest.raises(CourseError, match=r"Which folder\?"):
            pack.pack(Namespace(words=words, python=None, systems=None))


def test_the_sizes_are_a_table_of_systems_and_pythons():
    sizes = {
        "Windows x86-64": {"3.11": 56.0, "3.13": 55.71},
        "Linux arm64": {"3.13": 9},
    }
    assert pack.table_of(sizes) == [
        "  MB to install    3.11   3.13",
        "  Windows x86-64   56.0   55.7",
        "  Linux arm64         –    9.0",
    ]


# ---- The list of installers --------------------------------------------------------


def test_each_installer_has_an_address_or_says_what_to_type():
    for one in pack.load_installers():
        assert "url" in one or "sudo" in one["note"]
        assert one.get("url", "https://").startswith("https://")
        if "sha256" in one:
            assert len(bytes.fromhex(one["sha256"])) == 32
    text = pack.list_of_installers()
    for system in ("Windows", "macOS", "Debian"):
        assert system in text


def test_an_installer_that_is_another_file_than_the_listed_one_is_refused(packing):
    made = packing(Target("3.13", WINDOWS))
    (made.folder / "installers").mkdir()
    first = pack.load_installers()[0]
    path = made.folder / "installers" / pack.file_name(first)
    path.write_bytes(b"a page that says: please log in to this Wi-Fi")
    with pytest.raises(CourseError, match="is not the file that installers.txt lists"):
        made.check_installers()


# ---- A kit, as a student's machine reads it ------------------------------------------


def finish(made: pack.Packing) -> offline_kit.Kit:
    """Write the manifest of a kit that has nothing but wheels."""
    add_wheels(made)
    made.add_manifest("0" * 40)
    shutil.rmtree(made.unfinished)
    return open_kit(made.folder)


@pytest.fixture
def kit(index, packing):
    """A kit with one package, for two Pythons on Linux and one on Windows."""
    wheel(index, "oi-1.0")
    return finish(
        packing(Target("3.11", LINUX), Target("3.13", LINUX), Target("3.13", WINDOWS))
    )


def test_a_whole_kit_is_accepted(kit):
    wheels = kit.wheels_for(Here(LINUX, "3.13"))
    assert wheels == ["oi-1.0-py3-none-any.whl"]
    kit.verify(wheels)


def test_what_a_mac_hides_on_a_stick_is_no_wheel(kit):
    (kit.wheels / "._oi-1.0-py3-none-any.whl").write_bytes(b"\0\5\26\7")
    kit.verify(kit.wheels_for(Here(LINUX, "3.13")))


@pytest.mark.parametrize(
    ("here", "said"),
    [
        (
            Here(LINUX, "3.12"),
            "has wheels for Python 3.11 and 3.13 on Linux x86-64; this is Python 3.12 (",
        ),
        (
            Here(APPLE, "3.13"),
            "has wheels for Windows x86-64 and Linux x86-64; this is macOS on Apple silicon",
        ),
        (
            Here(None, "3.13"),
            "has wheels for Windows x86-64 and Linux x86-64; this is ",
        ),
    ],
)
def test_a_machine_that_the_kit_is_not_for_is_told_which_it_is_for(kit, here, said):
    with pytest.raises(CourseError) as problem:
        kit.wheels_for(here)
    assert said in str(problem.value)


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (damage, "is damaged: its checksum is not the one in manifest.json"),
        (Path.unlink, "is missing"),
        (lambda path: wheel(path.parent, "evil-1.0"), "does not list evil-1.0"),
    ],
)
def test_a_kit_that_has_changed_is_refused(kit, harm, said):
    (name,) = kit.wheels_for(Here(LINUX, "3.13"))
    harm(kit.wheels / name)
    with pytest.raises(CourseError, match="Pack it again") as problem:
        kit.verify([name])
    assert said in str(problem.value)


def test_a_folder_that_is_no_kit_gets_a_sentence(kit, tmp_path):
    with pytest.raises(CourseError, match="There is no offline kit in"):
        open_kit(tmp_path)
    manifest = kit.folder / "manifest.json"
    contents = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(contents | {"format": 99}))
    with pytest.raises(CourseError, match="not the manifest of a kit"):
        open_kit(kit.folder)
    manifest.write_text("{")
    with pytest.raises(CourseError, match="is damaged"):
        open_kit(kit.folder)
    manifest.unlink()
    with pytest.raises(CourseError, match="was never finished"):
        open_kit(kit.folder)


# ---- Installing from a kit -------------------------------------------------------------

PROGRAM = """
import sys
from pathlib import Path
from course import environment
from course.errors import reported

def main():
    environment.enter("run", "hello", Path(sys.argv[1]))
    import oi
    print(oi.TEXT, sys.prefix)
    return 0

sys.exit(reported(main))
"""


def test_a_small_course_is_installed_from_its_kit_and_nothing_else(
    index, packing, tmp_path
):
    wheel(index, "oi-1.0")
    wheel(index, "oi-1.5")  # newer, but not what the lock says
    made = packing(Target(HERE.python, HERE.system))
    kit = finish(made)
    clone = copy_course(tmp_path / "clone")
    groups = "".join(f'{group} = ["oi"]\n' for group in pack.GROUPS)
    (clone / "pyproject.toml").write_text(f"[dependency-groups]\n{groups}")
    (clone / "requirements.txt").write_text("oi==1.0\n")
    (clone / "hello.py").write_text(PROGRAM)

    def hello():
        command = [sys.executable, "-m", "hello", str(kit.folder)]
        dead = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_INDEX": "0"}
        dead["PIP_FIND_LINKS"] = "/nowhere"
        return subprocess.run(
            command, cwd=clone, env=os.environ | dead, capture_output=True, text=True
        )

    (path,) = kit.wheels.glob("*.whl")
    whole = path.read_bytes()
    damage(path)
    result = hello()
    assert result.returncode == 1
    assert "is damaged" in result.stderr
    assert not (clone / ".venv").exists()

    path.write_bytes(whole)
    (clone / "requirements.txt").write_text("oi==1.5\n")
    result = hello()
    assert result.returncode == 1
    assert "packed for another version of the course" in result.stderr
    assert f"git clone {kit.folder / 'course.bundle'}" in result.stderr

    (clone / "requirements.txt").write_text("oi==1.0\n")
    result = hello()
    assert "Verifying 1 packages in" in result.stdout
    assert result.stdout.splitlines()[-1] == f"oi from {clone / '.venv'}"
    assert result.stderr == ""

    shutil.rmtree(kit.folder)  # the stick goes to the next student
    assert hello().stdout == f"oi from {clone / '.venv'}\n"


# ---- The whole course, without a network ---------------------------------------------

STUDENT = """
import os, signal, socket, subprocess, sys, urllib.request
kit, folder = sys.argv[1:]
try:
    socket.create_connection(("192.0.2.1", 443), timeout=5)
except OSError as problem:
    print("outside:", problem.strerror)
bundle = os.path.join(kit, "course.bundle")
subprocess.run(["git", "clone", "-q", bundle, folder], check=True)
command = [sys.executable, "-m", "course", "run", "01", "--no-browser", "--from", kit]
run = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
for line in run.stdout:
    print(line, end="")
    if "Ctrl-C stops everything" in line:
        with urllib.request.urlopen("http://127.0.0.1:8001/chat/sala/") as page:
            print("page:", page.status, "sala" in page.read().decode())
        run.send_signal(signal.SIGINT)
print("exit:", run.wait())
"""


def without_network() -> list[str]:
    """Return what is typed before a command so that it can reach this machine only."""
    lo = 'ip link set lo up && exec "$@"'
    user = f"setpriv --reuid={os.getuid()} --regid={os.getgid()} --clear-groups"
    for words in (
        ["unshare", "-rn", "sh", "-c", lo, "sh"],
        # Where only root may have a network of its own, as on Ubuntu 24.04.
        ["sudo", "-nE", "unshare", "-n", "sh", "-c", lo, "sh", *user.split()],
    ):
        tried = shutil.which(words[0]) and subprocess.run(
            [*words, "true"], capture_output=True, cwd=ROOT
        )
        if tried and tried.returncode == 0:
            return words
    refuse("This machine has no network namespaces (unshare and ip, on Linux).")


@pytest.fixture(scope="module")
def clone_of_ours(tmp_path_factory):
    """What is in this folder, with a history: CI's own clone has none."""
    folder = tmp_path_factory.mktemp("clone")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listing.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git = ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    return folder


@pytest.mark.slow
def test_a_kit_is_packed_and_a_bare_python_runs_from_it_without_a_network(
    clone_of_ours, tmp_path
):
    prefix = without_network()
    kit = tmp_path / "my stick" / "kit"
    words = ["class", "pack", str(kit), "--python", HERE.python]
    words += ["--for", HERE.system.name]
    result = course(*words, folder=clone_of_ours)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "the whole kit" in result.stdout
    assert len((kit / "README.txt").read_text().splitlines()) == 3
    assert "<title>" in (kit / "site/index.html").read_text()

    # Once more: nothing is fetched, so no index is needed.
    dead = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": os.devnull}
    dead |= {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": ""}
    result = course(*words, folder=clone_of_ours, **dead)
    assert result.returncode == 0, result.stdout + result.stderr
    assert ", 0 of them new" in result.stdout

    bare = pythons()[sys.version_info[:2]]
    command = [*prefix, bare, "-c", STUDENT, str(kit), str(tmp_path / "student")]
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    result = subprocess.run(command, env=env, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "outside: Network is unreachable" in result.stdout
    assert "Installing the packages of the kit" in result.stdout
    assert "page: 200 True" in result.stdout
    assert "exit: 0" in result.stdout


@pytest.mark.slow
def test_a_fresh_clone_without_a_network_and_a_kit_names_the_network(tmp_path):
    clone = copy_course(tmp_path / "clone")
    command = [
        *without_network(),
        pythons()[sys.version_info[:2]],
        "-m",
        "course",
        "run",
    ]
    env = {
        key: value for key, value in os.environ.items() if not key.startswith("PIP_")
    }
    env |= {"PIP_CONFIG_FILE": os.devnull}
    result = subprocess.run(command, cwd=clone, env=env, capture_output=True, text=True)
    assert result.returncode == 1
    first = result.stderr.strip().splitlines()[0]
    assert first.endswith("this machine cannot reach the package index.")
    assert "python3 -m course run --from FOLDER" in result.stderr
    assert "conflicting dependencies" not in result.stderr
