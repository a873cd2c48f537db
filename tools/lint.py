"""`tools lint`: every check that reads files and runs no test. Nothing is changed."""

import shutil
import subprocess
import sys
from pathlib import Path

from course.steps import ROOT


def lint() -> int:
    """Run every check; return 1 if one fails."""
    failed = False
    for command in commands():
        print(f"== {' '.join(command[:4])}", flush=True)
        program = shutil.which(command[0], path=Path(sys.executable).parent)
        failed |= subprocess.run([program, *command[1:]], cwd=ROOT).returncode != 0
    return int(failed)


def commands() -> list[list[str]]:
    """Return the checks, as they are typed in an environment that has the programs."""
    templates = files("steps/*/*/templates/**/*.html")
    workflows = files(".github/workflows/*.yml")
    forms = files(".github/ISSUE_TEMPLATE/[0-9]*.yml")
    schema = ["check-jsonschema", "--builtin-schema"]
    return [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["djade", "--check", "--target-version", "5.2", *templates],
        # What a stranger could make a workflow do; without asking anything on the net.
        ["zizmor", "--offline", "--quiet", "--persona", "pedantic", ".github"],
        [*schema, "vendor.github-workflows", *workflows],
        [*schema, "custom.github-workflows-require-timeout", *workflows],
        [*schema, "vendor.dependabot", ".github/dependabot.yml"],
        [*schema, "vendor.github-issue-forms", *forms],
        [*schema, "vendor.github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"],
        [*schema, "vendor.citation-file-format", "CITATION.cff"],
    ]


def files(pattern: str) -> list[str]:
    """Return the files of a pattern; at least one, or a check would pass over nothing."""
    found = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))
    if not found:
        raise FileNotFoundError(f"there is no {pattern}")
    return found
