"""What is wrong in a student's own Django and Channels project, read from its files.

Nothing of the project is imported or run: its Python is parsed, its pages and its
README are searched. What cannot be told from the text alone (a setting that comes
from the environment, say) is passed over in silence: a false alarm costs a student
an evening.

Where to begin reading: `examination` finds the project and asks every check;
`checks` holds them, by what they look at; `advice` holds every sentence they say;
`project` is what they look at, put together from the other modules here.
"""

from course.project_doctor.advice import Finding
from course.project_doctor.examination import examine

__all__ = ["Finding", "examine"]
