"""Names that Channels 1 had, too, and that are this project's own."""


class Group:
    def __init__(self, name):
        self.name = name


def route(*parts):
    return "/".join(parts)
