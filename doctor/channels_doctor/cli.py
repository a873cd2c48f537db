"""`channels-doctor FOLDER`: what is wrong in a Django project that uses Channels."""

import argparse
import sys
from pathlib import Path

from channels_doctor.errors import DoctorError
from channels_doctor.examination import examine


def main(arguments: list[str] | None = None) -> int:
    """Examine the folder on the command line; return 1 if something doesn't work."""
    parser = argparse.ArgumentParser(prog="channels-doctor", description=__doc__)
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    options = parser.parse_args(arguments)
    try:
        findings = examine(options.folder)
    except DoctorError as problem:
        print(problem, file=sys.stderr)
        return 2
    for finding in findings:
        print(f"{finding.level.upper():5}  {finding.where}")
        print(f"       {finding.what}\n       {finding.do}\n")
    return int(any(finding.level == "wrong" for finding in findings))
