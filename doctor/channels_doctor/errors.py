"""What a person did wrong on the command line, said in a sentence."""


class DoctorError(Exception):
    """A mistake of the person who runs the doctor; its text is all that they see."""
