"""Tracebacks for people: the frames of the course, and … for those of libraries."""

import re

# Where a shown traceback says that the clone is.
HOME = "/home/ana/realtime-django"
# The start of a line that `course run` passes on: the port of the server it's from.
OF_A_SERVER = r"\d+ \|"


def without_libraries(text: str) -> str:
    """Return a text whose tracebacks show only the frames in the steps, and … for others.

    The line numbers in a library change with each of its versions. `text` names the
    clone as HOME.
    """
    kept = []
    is_ours = True
    for line in text.splitlines():
        bare = re.sub(rf"^{OF_A_SERVER} ", "", line)  # behind the port of a server
        if bare.startswith('  File "'):
            is_ours = f'"{HOME}/steps' in bare
            left_out = line[: len(line) - len(bare)] + "  …"
            if not is_ours and kept[-1:] != [left_out]:
                kept.append(left_out)
        elif not bare.startswith("    "):
            is_ours = True
        if is_ours and not re.fullmatch(r" +[\^~]+", bare):
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)
