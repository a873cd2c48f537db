"""What the doctor says about each of the small projects in `doctor/projects`."""

import pytest

from tests.doctor_projects import all_cases, found, read

CASES = list(all_cases())
BROKEN = [case for case in CASES if case.is_broken]


def by_name(cases):
    """Parametrize over cases, named as their folders are."""
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@by_name(BROKEN)
def test_a_broken_project_has_exactly_the_findings_that_it_expects(case, tmp_path):
    assert found(case.build("broken", tmp_path)) == case.expected


@by_name(CASES)
def test_its_healthy_twin_has_none(case, tmp_path):
    assert found(case.build("healthy", tmp_path)) == set()


@by_name(BROKEN)
def test_who_follows_the_diffs_gets_a_project_without_findings(case, tmp_path):
    """Each diff takes its finding away, and brings no other that isn't expected."""
    from channels_doctor import edits, examine

    folder = case.build("broken", tmp_path)
    before = {(one.name, one.file, one.what): one for one in examine(folder)}
    for key, finding in before.items():
        if not finding.edits:
            continue
        copy = case.build("broken", tmp_path / "after")
        names = {edit.file for edit in finding.edits}
        texts = {name: read(copy / name) for name in names if (copy / name).exists()}
        for name, text in edits.apply(texts, finding.edits).items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_text(text, encoding="utf-8", newline="")
        after = {
            (one.name, one.file, one.what)
            for one in examine(copy)
            if one.name not in case.then
        }
        assert after <= set(before) - {key}, edits.diff(texts, finding.edits)


def test_the_longest_sentences_are_shown_to_their_end(tmp_path):
    from channels_doctor import examine

    case = next(
        one for one in BROKEN if one.name == "client-picks-handler/the-whole-event"
    )
    (finding,) = examine(case.build("broken", tmp_path))
    assert len(finding.what) > 300
    assert finding.what.endswith(".")


def test_every_finding_has_a_project():
    from channels_doctor.advice import ADVICE

    seen = {name for case in BROKEN for name, _, _ in case.expected}
    assert seen == set(ADVICE)
