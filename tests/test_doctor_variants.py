"""No finding depends on one spelling: every small project, written in other ways."""

import random

import pytest

from tests.doctor_projects import all_cases
from tests.doctor_variants import VARIANTS, several

CASES = [case for case in all_cases() if case.may_vary]


def read(folder):
    """Return a project's files."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def write(files, folder):
    """Write a project's files."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def found(folder):
    """Return what the doctor finds, and in which files; a settings package is one file."""
    from channels_doctor import examine

    findings = ((one.name, one.file) for one in examine(folder))
    return sorted(
        (name, file.replace("settings/__init__.py", "settings/base.py"))
        for name, file in findings
    )


def vary(original, wanted, variants, chance, folder):
    """Write a project in another way; return its findings, and those that it must have."""
    files = original
    for variant in variants:
        files, moved = variant(files, chance)
        wanted = sorted((name, moved(file)) for name, file in wanted)
    return found(write(files, folder)), wanted


def originals(case, tmp_path):
    """Yield a small project, and its healthy twin: its name, files and findings."""
    for which in ("broken", "healthy") if case.is_broken else ("healthy",):
        folder = case.build(which, tmp_path / f"original-{which}")
        yield which, read(folder), found(folder)


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: CASES[n].name)
def test_written_in_another_way_it_has_the_same_findings(number, tmp_path):
    """One change alone, in turn, and a mixture; the same ones in each run."""
    case = CASES[number]
    chance = random.Random(case.name)
    alone = [VARIANTS[number % len(VARIANTS)]]
    for which, files, wanted in originals(case, tmp_path):
        for title, variants in ("alone", alone), ("mixed", several(chance)):
            place = tmp_path / f"{which}-{title}"
            seen, moved = vary(files, wanted, variants, chance, place)
            names = [one.__name__ for one in variants]
            assert seen == moved, f"{which}: {', '.join(names)}"
