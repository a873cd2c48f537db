"""Every check of a project, grouped by what it looks at.

A check is a function in the list `CHECKS` of its module. It's named after what is so in a healthy
project; its docstring says the same in a sentence. It yields a finding for each place where it
isn't so, and nothing where the text of the project can't tell.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator

from channels_doctor.finding import Finding
from channels_doctor.project import Project

Check = Callable[[Project], Iterator[Finding]]

MODULES = [
    importlib.import_module(f"{__name__}.{module.name}")
    for module in pkgutil.iter_modules(__path__)
]
CHECKS: list[Check] = [check for module in MODULES for check in module.CHECKS]
