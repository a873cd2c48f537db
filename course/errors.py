"""What can go wrong through no fault of the program."""


class CourseError(Exception):
    """Something that a person can put right.

    The text says what happened, where, and what to do next; it is shown as it is,
    without a traceback.
    """
