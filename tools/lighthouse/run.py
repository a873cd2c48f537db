"""`tools lighthouse`: build the site, run Lighthouse on three pages, check the goals.

It needs Node.js with npm, and a Chromium. The reports are in build/lighthouse.
"""

import json
import os
import shutil
import statistics
import subprocess
from pathlib import Path

from course import chromium, docs
from course.errors import CourseError, reported
from course.steps import ROOT
from tools.lighthouse.server import serving

HERE = Path(__file__).parent
BUILD = ROOT / "build" / "lighthouse"
NODE_MODULES = BUILD / "node_modules"
PROGRAM = NODE_MODULES / "lighthouse" / "cli" / "index.js"

PAGES = ["index.html", "lessons/03-inmemory-layer.html", "errors.html"]
GOALS = {"performance": 90, "accessibility": 100, "best-practices": 100, "seo": 100}
# The speed of one run depends on what else the machine does: the median counts.
RUNS = 3
TIMEOUT = 180  # seconds for one run, which takes about 15

# A published site has these links, so the pages measured here have them, too.
PUBLISHED = {
    "REPO_URL": "https://github.com/example/realtime-django",
    "EDIT_URI": "edit/main/docs/en/",
}


def main(runs: int = RUNS) -> int:
    """Print a table of scores; return 1 if one is below its goal."""
    node, browser = find_programs()
    install()
    site = BUILD / "site"
    with serving(site) as url:
        docs.build(site, environment=PUBLISHED | {"SITE_URL": url})
        print(row("page", GOALS))
        missed = []
        for page in PAGES:
            reports = [
                measure(url, page, number, node, browser)
                for number in range(1, runs + 1)
            ]
            scores = scores_of(reports)
            print(row(page, scores), flush=True)
            missed += complaints(page, scores, reports)
    print(*missed, f"Reports: {BUILD.relative_to(ROOT)}", sep="\n")
    return 1 if missed else 0


def find_programs() -> tuple[str, Path]:
    """Return Node.js and a Chromium; raise CourseError if one is missing."""
    node, browser = shutil.which("node"), chromium.find()
    if node is None or shutil.which("npm") is None:
        raise CourseError("Lighthouse needs Node.js 20 or newer, with npm.")
    if browser is None:
        raise CourseError(f"There is no Chromium. {chromium.ADVICE}")
    return node, browser


def install() -> None:
    """Install the Lighthouse that package.json names, unless it is there already."""
    BUILD.mkdir(parents=True, exist_ok=True)
    wanted, used = HERE / "package.json", BUILD / "package.json"
    if PROGRAM.exists() and used.read_bytes() == wanted.read_bytes():
        return
    print("Installing Lighthouse …", flush=True)
    shutil.copy(wanted, used)
    # Not found by its bare name on Windows, where it is npm.cmd.
    command = [shutil.which("npm"), "install", "--no-package-lock"]
    command += ["--no-audit", "--no-fund"]
    finished = subprocess.run(command, cwd=BUILD, capture_output=True, text=True)
    if finished.returncode != 0:
        shutil.rmtree(NODE_MODULES, ignore_errors=True)
        raise CourseError(f"npm could not install Lighthouse.\n\n{finished.stderr}")


def measure(url: str, page: str, number: int, node: str, browser: Path) -> dict:
    """Run Lighthouse once, with its mobile profile; return its report."""
    name = f"{page.removesuffix('.html').replace('/', '-')}-{number}"
    command = [node, str(PROGRAM), url + page, "--quiet"]
    command += ["--output=json", "--output=html", f"--output-path={BUILD / name}"]
    command += [f"--chrome-flags={' '.join(chromium.FLAGS)}"]
    command += ["--no-enable-error-reporting"]
    finished = subprocess.run(
        command,
        env=os.environ | {"CHROME_PATH": str(browser)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    if finished.returncode != 0:
        raise CourseError(f"Lighthouse failed on {page}.\n\n{finished.stderr}")
    return json.loads((BUILD / f"{name}.report.json").read_text("utf-8"))


def scores_of(reports: list[dict]) -> dict[str, int]:
    """Return the median score of each category, from 0 to 100."""
    return {
        category: round(
            100
            * statistics.median(
                report["categories"][category]["score"] or 0 for report in reports
            )
        )
        for category in GOALS
    }


def complaints(page: str, scores: dict[str, int], reports: list[dict]) -> list[str]:
    """Return a line for each category below its goal, with the audits that failed."""
    lines = []
    for category, goal in GOALS.items():
        if scores[category] < goal:
            audits = sorted({name for one in reports for name in failed(one, category)})
            lines.append(
                f"{page}: {category} is {scores[category]}, and the goal is {goal}."
                f" Below full marks: {', '.join(audits)}"
            )
    return lines


def failed(report: dict, category: str) -> list[str]:
    """Return the audits that cost a category points."""
    return [
        audit["id"]
        for audit in report["categories"][category]["auditRefs"]
        if audit["weight"] and report["audits"][audit["id"]]["score"] not in (None, 1)
    ]


def row(page: str, scores: dict) -> str:
    """Return a line of the table; the head has the names of the categories."""
    head = page == "page"
    cells = [(name if head else scores[name]) for name in GOALS]
    return f"{page:34}" + "".join(f"{cell:>16}" for cell in cells)


if __name__ == "__main__":
    raise SystemExit(reported(main))
