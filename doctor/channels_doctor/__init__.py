"""What is wrong in a Django project that uses Channels, read from its files.

Nothing of the project is imported or run, unless `--run` asks for it: its Python is parsed,
its pages, requirements and start commands are read. What the text alone can't tell (a setting
that comes from the environment, say) is unknown, and no finding: a false alarm costs a person
an evening.

Where to begin reading: `examination` finds the projects and asks every check; `checks` holds
them, by what they look at; `sentences/` holds every sentence that they say; `project` is what
they look at.
"""

from channels_doctor.errors import DoctorError
from channels_doctor.examination import examine
from channels_doctor.finding import Finding, Stage

__version__ = "1.0.0"

__all__ = ["DoctorError", "Finding", "Stage", "examine"]
