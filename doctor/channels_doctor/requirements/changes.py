"""Changing what a file asks for, in the form that the file has.

    pip       channels~=4.3          requirements.txt, setup.cfg
    quoted    "channels~=4.3",       a list in pyproject.toml or setup.py
    table     channels = "~=4.3"     Poetry's table, a Pipfile
    conda     - channels>=4.3,<5     environment.yml
    command   pip install channels   a Dockerfile, a script

Nothing changes a lock, or a file that a tool wrote: they are made anew.
"""

import re

from channels_doctor.edits import Edit, Source
from channels_doctor.requirements.need import Need
from channels_doctor.requirements.together import RequirementsFile


class Change:
    """Changes one file's needs; a change that can't be made has no edits."""

    def __init__(self, read: RequirementsFile, source: Source) -> None:
        self.form = "none" if read.is_lock else read.form
        self.source = source
        self.read = read

    def rewrite(self, need: Need, spec: str) -> tuple[Edit, ...]:
        """Ask for other versions of a package; its extras and its marker stay."""
        if not self.is_plain(need):
            return ()
        extras = f"[{','.join(need.extras)}]" if need.extras else ""
        name = re.match(r"[\w.-]+", need.text)
        marker = f"; {need.marker}" if need.marker else ""
        new = f"{name[0] if name else need.name}{extras}{spec}"
        if self.form == "table":
            new = spec
        elif self.form == "conda":
            new = for_conda(new)
        elif self.form in ("pip", "quoted"):
            new += marker.replace('"', "'") if self.form == "quoted" else marker
        return (self.source.replace_text(need.line_number, need.text, new),)

    def remove(self, need: Need) -> tuple[Edit, ...]:
        """No longer ask for a package."""
        if not self.is_plain(need) or self.form == "command":
            return ()
        line = self.source.line(need.line_number).strip()
        rest = line.replace(need.text, "", 1) if self.form != "table" else ""
        if self.form == "quoted" and not re.fullmatch(r"[\"'][\"'],?(\s*#.*)?", rest):
            return ()
        return (self.source.delete_lines(need.line_number),)

    def add(self, text: str, after: Need | None = None) -> tuple[Edit, ...]:
        """Ask for one more package, below the line of another one."""
        plain = [need for need in self.read.needs if self.is_plain(need)]
        after = after or (plain[-1] if plain else None)
        if self.form == "pip" and after is None:
            return (self.source.append(text),)
        if after is None or not self.is_plain(after):
            return ()
        number, line = after.line_number, self.source.line(after.line_number)
        if self.form == "quoted":
            return self.add_quoted(number, line, text)
        if self.form == "conda" and not self.is_for_pip(after):
            return ()  # conda may know the package by another name
        if self.form == "command":
            return (self.add_word(number, after, text),)
        new = {"pip": text, "table": for_table(text)}.get(
            self.form, f"- {for_conda(text)}"
        )
        indent = self.source.indent(number)
        return (self.source.insert_after(number, new, indent),)

    def is_for_pip(self, need: Need) -> bool:
        """Tell whether a line of environment.yml is in its list for pip."""
        indents = [
            len(self.source.indent(one.line_number))
            for one in self.read.needs + self.read.python
        ]
        return len(self.source.indent(need.line_number)) > min(indents)

    def add_quoted(self, number: int, line: str, text: str) -> tuple[Edit, ...]:
        """Add a line to a list of texts, if each of them has a line of its own."""
        found = re.fullmatch(r"\s*([\"'])[^\"']*(?:\\.|[^\"'])*\1,(\s*#.*)?", line)
        if not found or found[1] in text:
            return ()
        quote = found[1]
        return (self.source.insert_after(number, f"{quote}{text}{quote},"),)

    def add_word(self, number: int, after: Need, text: str) -> Edit:
        """Add a word to a command."""
        word = f'"{text}"' if re.search("[<>*]", text) else text
        old = self.source.line(number)
        found = re.search(rf"[\"']?{re.escape(after.text)}[\"']?(?=[\s\"']|$)", old)
        end = self.source.starts[number - 1] + (found.end() if found else len(old))
        return Edit(self.source.file, end, end, f" {word}")

    def is_plain(self, need: Need) -> bool:
        """Tell whether a need stands in its line as it was read."""
        forms = ("pip", "quoted", "table", "conda", "command")
        line = self.source.line(need.line_number)
        return self.form in forms and bool(need.text) and need.text in line


def for_table(text: str) -> str:
    """Return `channels~=4.3` as a line of a table."""
    name, spec = re.fullmatch(r"([\w.-]+)(.*)", text).groups()
    return f'{name} = "{spec or "*"}"'


def for_conda(text: str) -> str:
    """Return `channels~=4.3` in conda's own signs."""

    def as_range(found: re.Match[str]) -> str:
        return f">={found[0][2:]},<{int(found[1]) + 1}"

    return re.sub(r"~=(\d+)\.\d+$", as_range, text)
