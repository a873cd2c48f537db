"""The pages and sockets of a project: their URLs, with an example for each part that varies."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from channels_doctor.project import Project
from channels_doctor.trial.page_urls import paths_opened

Values = dict[str, dict[str, str]]  # of objects in the database, by the word in a route


@dataclass(frozen=True, eq=False)
class Place:
    """A page or a socket, as the probe found it, or as a page opens it."""

    parts: tuple[dict, ...]
    name: str  # of the URL, or of the consumer
    opened_at: str = ""  # a page's file and line, if no route is known for it
    takes_all: bool = False

    @property
    def varies(self) -> bool:
        """A part of it is made up."""
        return any("regex" in part for part in self.parts)

    @property
    def pattern(self) -> str:
        """A regex for its paths."""
        pieces = (
            f"(?:{part['regex']})" if "regex" in part else re.escape(part["text"])
            for part in self.parts
        )
        return "".join(pieces)

    @property
    def words(self) -> list[str]:
        """The words that say what its varying parts mean: "room_name", "rooms"."""
        found = []
        for number, part in enumerate(self.parts):
            if "regex" in part:
                found += [part["name"], self.segment_before(number)]
        return list(filter(None, dict.fromkeys(found)))

    def segment_before(self, number: int) -> str:
        """Return the word before a part: "rooms" in rooms/<int:pk>/."""
        before = self.parts[number - 1].get("text", "") if number else ""
        return (re.findall(r"\w+", before) or [""])[-1]

    def path(self, values: Values) -> str:
        """Return its URL's path; "" if there is no example for one of its parts."""
        text = "/"
        for number, part in enumerate(self.parts):
            if "regex" not in part:
                text += quote(part["text"], safe="/:@!$&'()*+,;=~-._")
                continue
            known = [
                values.get(w, {}) for w in (part["name"], self.segment_before(number))
            ]
            fitting = [*known_values(part, known), *part["values"]]
            if not fitting:
                return ""
            text += quote(fitting[0], safe="")
        return text


def known_values(part: dict, objects: list[dict[str, str]]) -> Iterator[str]:
    """Yield what names an object of the database in a part of a route."""
    by_key = part["name"] in ("pk", "id") or part["name"].endswith(("_id", "_pk"))
    names = ["slug", "uuid", "code", "name", "title", "nome", "nombre"]
    if part["name"] in names:
        names.insert(0, part["name"])
    names = ["pk", *names] if by_key else [*names, "pk"]
    for one in filter(None, objects):
        for name in names:
            if name in one and re.fullmatch(part["regex"], one[name]):
                yield one[name]


def places_in(found: list[dict]) -> list[Place]:
    """Return the places that the probe found; those that don't vary first."""
    places = []
    for one in found:
        takes_all = one.get("takes_all", False)
        places.append(Place(tuple(one["parts"]), one["name"], takes_all=takes_all))
    return sorted(places, key=lambda place: place.varies)


def opened_by_pages(project: Project, sockets: list[Place]) -> Iterator[Place]:
    """Yield the sockets that pages open at URLs for which there is no route."""
    routes = [one for one in sockets if not one.takes_all]
    seen = set()
    for path, where in paths_opened(project):
        if path not in seen and not any(fits(one, path) for one in routes):
            seen.add(path)
            yield Place(({"text": path},), "", opened_at=where)


def fits(route: Place, path: str) -> bool:
    """Tell whether a page's path may lead to a route; a 1 in it may stand for anything."""
    if re.fullmatch(route.pattern, path):
        return True
    other = path.removesuffix("/") if path.endswith("/") else f"{path}/"
    if re.fullmatch(route.pattern, other):
        return False
    anything = ".*".join(map(re.escape, path.split("1")))
    return bool(re.fullmatch(anything, route.path({}).removeprefix("/")))
