"""The pages for teachers: plans that add up, demos that exist, sheets that fit a page."""

import re

import pytest
from conftest import ROOT
from readers import on_disk, visit

from course import cli, readiness
from course.breaks.exhibits import load as load_exhibits
from course.errors import CourseError
from course.exercise import catalogue
from course.steps import load_steps
from tools.pages import plans
from tools.pages.directives import block

PAGES = ROOT / "docs" / "en" / "teaching"
TEACHING = sorted(PAGES.glob("*.md"))
PLANS = plans.load_plans()
PARTS = [
    pytest.param(part, id=f"{plan['name']}-{number}")
    for plan in PLANS
    for number, part in enumerate(plan["part"], 1)
]
SHEET = {"width": 680, "height": 1010}  # pixels: A4 with margins of 15 mm


def text_of(name):
    return (PAGES / f"{name}.md").read_text("utf-8")


# Plans


def test_there_is_a_plan_for_each_time_that_a_teacher_may_have():
    targets = {
        plan["name"]: sum(part["target"] for part in plan["part"]) for plan in PLANS
    }
    assert targets == {
        "two-hours": 120,
        "four-hours": 240,
        "day": 7 * 60,
        "two-days": 2 * 7 * 60,
        "semester": 15 * 90,
    }


@pytest.mark.parametrize("part", PARTS)
def test_a_plan_adds_up_to_its_target(part):
    blocks = [plans.block(**one) for one in part["blocks"]]
    assert sum(one.minutes for one in blocks) == part["target"]
    assert all(one.minutes >= 5 for one in blocks)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan["name"])
def test_what_is_for_home_is_not_too_much(plan):
    for part in plan["part"]:
        minutes = plans.minutes_of(plans.blocks_at_home(part))
        assert minutes <= plan.get("home-at-most", 0)


def test_the_four_hours_are_divided_as_they_were_rehearsed():
    (part,) = next(one for one in PLANS if one["name"] == "four-hours")["part"]
    assert plans.total(part) == (
        "**Together 240 minutes:** set-up 20, lesson 01 30, lesson 02 30, lesson 03 50,"
        " lesson 04 35, lesson 05 45, breaks 30."
    )


@pytest.mark.parametrize("part", PARTS)
def test_nobody_sits_for_two_hours_and_a_half_without_a_break(part):
    sitting = longest = 0
    for one in part["blocks"]:
        found = plans.block(**one)
        sitting = 0 if found.kind == "break" else sitting + found.minutes
        longest = max(longest, sitting)
    assert longest <= 150


@pytest.mark.parametrize("part", PARTS)
def test_nothing_comes_before_what_it_needs(part):
    """The exercises and the idea of a lesson come after a demo that makes the question."""
    seen = []
    for one in part["blocks"]:
        found = plans.block(**one)
        if found.kind == "demo":
            seen.append(found.lesson)
        elif (
            found.kind in {"idea", "exercise"}
            and found.lesson
            and "05." not in str(part.get("title"))
        ):
            assert found.lesson in seen, found
    assert seen == sorted(seen)


def test_a_prediction_of_the_burst_comes_before_its_demo():
    for plan in PLANS:
        for part in plan["part"]:
            names = [one.get("exercise") or one.get("demo") for one in part["blocks"]]
            if "04-predict-burst" in names:
                assert names.index("04-predict-burst") < names.index("burst")


def test_no_plan_has_an_exercise_twice():
    for plan in PLANS:
        names = [
            one["exercise"]
            for part in plan["part"]
            for one in [*part["blocks"], *part.get("home", [])]
            if "exercise" in one
        ]
        assert len(names) == len(set(names)), plan["name"]


def test_a_semester_has_every_lesson_and_every_chapter():
    (semester,) = [one for one in PLANS if one["name"] == "semester"]
    blocks = [one for part in semester["part"] for one in part["blocks"]]
    home = [one for part in semester["part"] for one in part.get("home", [])]
    demos = {plans.find_demo(one["demo"])["lesson"] for one in blocks if "demo" in one}
    assert demos == {step.number for step in load_steps()}
    for part, found in (("run", blocks), ("read", home)):
        chapters = {one["chapter"] for one in found if one.get("part") == part}
        assert chapters == set(range(1, 9))


def test_every_plan_is_on_the_page_once():
    shown = re.findall(r"^::: plan (\S+)$", text_of("plans"), re.MULTILINE)
    assert shown == [plan["name"] for plan in PLANS]


def test_the_times_of_a_plan_follow_from_its_minutes():
    lines = [line for line in block("plan four-hours") if line.startswith("| ")][2:]
    times = [line.split(" | ")[0].strip("| ") for line in lines]
    assert times[0] == "09:00"
    assert times[-1] == "13:00"
    assert times == sorted(times)


def test_minutes_that_do_not_add_up_stop_the_build():
    part = {"target": 30, "blocks": [{"demo": "wire"}]}
    with pytest.raises(CourseError, match="has 10 minutes and should have 30"):
        plans.added_up(part)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"demo": "magic"}, 'no demo "magic"'),
        ({"exercise": "99-nothing"}, 'no exercise "99-nothing"'),
        ({"chapter": 9, "part": "run"}, "no chapter 9"),
        ({"chapter": 1, "part": "write"}, 'no minutes to "write" it'),
        ({"nap": 20}, "a block is one of"),
    ],
)
def test_a_block_that_names_nothing_is_refused(broken, said):
    with pytest.raises(CourseError, match=re.escape(said)):
        plans.block(**broken)


def test_minutes_come_from_the_lesson_the_chapter_and_the_exercise():
    step = load_steps()[2]
    assert plans.block(demo="wall").minutes == step.minutes["demo"]
    assert plans.block(reading="03").minutes == step.minutes["reading"]
    assert (
        plans.block(exercise="03-typing").minutes == catalogue.find("03-typing").minutes
    )
    assert plans.block(chapter=6, part="run").minutes == 35  # as its head says


def test_a_plan_that_does_not_exist_is_named():
    with pytest.raises(CourseError, match='no plan "a-year"'):
        block("plan a-year")


# Demos and run sheets


def test_every_demo_has_a_run_sheet_with_the_same_question_in_the_same_order():
    sheets = re.findall(r"^## (.+) \{ #(\S+) \}$", text_of("run-sheets"), re.MULTILINE)
    assert sheets == [(demo["title"], demo["name"]) for demo in plans.load_demos()]


def test_every_run_sheet_has_the_same_six_lines():
    sheets = text_of("run-sheets").split('<div class="run-sheet" markdown>')[1:]
    lines = ["Prepare", "Ask", "Do", "What happens", "The usual wrong answer", "Plan B"]
    for sheet in sheets:
        assert re.findall(r"^(\S.*)\n:   \S", sheet, re.MULTILINE) == lines


@pytest.mark.parametrize("demo", plans.load_demos(), ids=lambda demo: demo["name"])
def test_a_demo_can_be_typed_and_its_run_sheet_says_what(demo):
    options = cli.make_parser().parse_args(demo["command"].split())
    if demo["command"].startswith("break "):
        assert options.name in {exhibit.name for exhibit in load_exhibits()}
    sheet = text_of("run-sheets").split(f"{{ #{demo['name']} }}")[1].split("## ")[0]
    assert f"`python3 -m course {demo['command']}`" in sheet


# What the pages say and the tool does


def test_every_command_on_the_pages_can_be_typed():
    parser = cli.make_parser()
    for page in TEACHING:
        for words in re.findall(
            r"`(?:python3|py) -m course ([a-z][^`]*)`", page.read_text("utf-8")
        ):
            if words.split()[0] != "class":  # has options of its own
                parser.parse_args(words.split())


def test_the_email_is_the_same_for_every_system():
    unix, windows = re.findall(
        r'^=== "[^"]+"\n\n    ```text\n(.+?)\n    ```$',
        text_of("before-the-class"),
        re.MULTILINE | re.DOTALL,
    )
    unix = unix.replace("python3 -m", "py -m").replace(
        "In a terminal:", "In PowerShell:"
    )
    assert unix == windows


def test_the_email_fits_a_mail_program():
    email = text_of("before-the-class").split("```text")[1].split("```")[0]
    assert max(len(line) - 4 for line in email.splitlines()) <= 79


def test_the_old_address_leads_to_the_new_one(browser, site):
    with visit(browser, on_disk(site), "teaching.html") as seen:
        seen.page.wait_for_url("**/teaching/index.html")
        assert seen.page.locator("h1").inner_text().startswith("Teaching")
    text = (site / "teaching.html").read_text("utf-8")
    assert "location.hash" in text  # and to the same place on it


# On paper


def test_every_plan_is_on_one_sheet_and_a_day_of_two_on_its_own(browser, site):
    with visit(browser, on_disk(site), "teaching/plans.html") as seen:
        seen.page.set_viewport_size(SHEET)
        seen.page.emulate_media(media="print")
        sheets = seen.page.evaluate(
            """() => [...document.querySelectorAll(".plan")].flatMap((plan) => {
                const days = [...plan.querySelectorAll(".day")];
                const end = (part) => part.getBoundingClientRect().bottom;
                const tops = [plan, ...days.slice(1)];
                const ends = days.length ? days : [plan];
                return tops.map((top, index) => ({
                    name: plan.querySelector("h2").id,
                    breaks: getComputedStyle(top).breakBefore,
                    height: end(ends[index]) - top.getBoundingClientRect().top,
                    width: top.scrollWidth,
                }));
            })"""
        )
        assert [sheet["name"] for sheet in sheets] == [
            plan["name"] for plan in PLANS for part in plan["part"] if "start" in part
        ] + ["semester"]
        for sheet in sheets:
            assert sheet["breaks"] == "page"
            assert sheet["height"] <= SHEET["height"], sheet
            assert sheet["width"] <= SHEET["width"], sheet


def test_the_line_on_the_page_is_one_that_the_doctor_writes():
    recorded = (ROOT / "docs/data/outputs/doctor-ready.txt").read_text("utf-8")
    line = re.sub(r"Python .+ Redis stand-in", "X", recorded.splitlines()[-1])
    ours = re.sub(r"Python .+?, .*(Redis|Valkey)[^,]*", "X", readiness.line("", 5))
    assert re.sub("[0-9a-f]{4}$", "", line) == re.sub("[0-9a-f]{4}$", "", ours)
