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


def vary(case, which, variants, chance, tmp_path):
    """Write a project in another way; return its findings, and those that it must have."""
    original = case.build(which, tmp_path / "original")
    files, wanted = read(original), found(original)
    for variant in variants:
        files, moved = variant(files, chance)
        wanted = sorted((name, moved(file)) for name, file in wanted)
    return found(write(files, tmp_path / "varied")), wanted


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_written_in_another_way_it_has_the_same_findings(case, tmp_path):
    """Three chosen mixtures of changes, the same ones in each run."""
    for number in range(3):
        chance = random.Random(f"{case.name} {number}")
        variants = several(chance)
        for which in ("broken", "healthy") if case.is_broken else ("healthy",):
            place = tmp_path / f"{which}-{number}"
            seen, wanted = vary(case, which, variants, chance, place)
            names = [one.__name__ for one in variants]
            assert seen == wanted, f"{which}: {', '.join(names)}"


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.__name__)
def test_each_change_alone_keeps_every_finding(variant, tmp_path):
    """One kind of change, over all the small projects."""
    wrong = []
    for number, case in enumerate(CASES):
        for which in ("broken", "healthy") if case.is_broken else ("healthy",):
            chance = random.Random(case.name)
            place = tmp_path / f"{number}-{which}"
            seen, wanted = vary(case, which, [variant], chance, place)
            if seen != wanted:
                wrong.append((case.name, which, seen, wanted))
    assert wrong == []
