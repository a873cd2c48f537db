"""Pages, as the checks read them: fetched without a server, taken apart without a browser."""

import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from course.exercise.kit import expect

COMMENTS = re.compile(r"/\*.*?\*/|(?:^|(?<=\s))//[^\n]*", re.DOTALL | re.MULTILINE)
IMPORTS = re.compile(r"""(?:from|import)\s*["'](\.[^"']+)["']""")


class Page(HTMLParser):
    """One page: its status, its text, its elements by their ids, and its scripts."""

    def __init__(self, response) -> None:
        super().__init__()
        self.status = response.status_code
        self.source = response.content.decode(errors="replace")
        self.text = ""
        self.ids = {}
        self.script = ""  # all scripts, those of static files too, without comments
        self.inside = []
        self.files = set()
        self.feed(self.source)
        self.close()
        self.script = COMMENTS.sub("", self.script)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        """Keep what has an id, and the file of a script."""
        attributes = dict(attrs)
        if attributes.get("id"):
            self.ids[attributes["id"]] = tag
        if tag in {"script", "style", "title"}:
            self.inside.append(tag)
        if tag == "script" and attributes.get("src"):
            self.add_file(urlsplit(attributes["src"]).path)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        """Keep what a person reads, and what the browser runs."""
        if self.inside == ["script"]:
            self.script += f"{data}\n"
        elif not self.inside:
            self.text += data

    def add_file(self, url: str) -> None:
        """Add a script from a static file, and what it imports."""
        from django.conf import settings
        from django.contrib.staticfiles import finders

        prefix = settings.STATIC_URL
        found = url.startswith(prefix) and finders.find(unquote(url[len(prefix) :]))
        expect(
            found, f"The page loads a script from {url}, but no static file is there."
        )
        if url not in self.files:
            self.files.add(url)
            source = Path(found).read_text("utf-8")
            self.script += f"{source}\n"
            for other in IMPORTS.findall(source):
                self.add_file(posixpath.normpath(f"{posixpath.dirname(url)}/{other}"))


def get(path: str, **request: object) -> Page:
    """Return the page at a path; raise what its view raises."""
    expect(
        Path("manage.py").is_file(),
        "There is no manage.py in this folder yet: startproject creates it.",
    )
    from django.test import Client

    return Page(Client().get(path, **request))
