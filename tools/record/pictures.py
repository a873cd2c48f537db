"""Pictures of windows: stills and films, each for light and for dark pages.

They are WebP without loss, but with few colours: half the bytes, and text stays sharp.
"""

import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

SCHEMES = ["light", "dark"]
DENSITY = 1.5  # pixels of a picture per pixel of a page: sharp on most screens
MARGIN = 10  # pixels of the page around a part of it
GAP = 8  # pixels between two windows
COLOURS = 16
FRAME = (136, 144, 160)  # the colour of a window's edge, for light and dark
ENCODING = {"lossless": True, "quality": 100, "method": 6}


@dataclass
class View:
    """What a picture shows: a window, or several side by side.

    With `part`, a CSS selector, only the elements that match it, and what is between.
    """

    pages: list
    part: str = ""

    def photograph(self, scheme: str) -> Image.Image:
        """Return a picture of it in light or in dark colours."""
        pictures = []
        box = self.box()
        for page in self.pages:
            page.emulate_media(color_scheme=scheme)
            pictures.append(ImageOps.expand(photograph(page, box), 1, FRAME))
        gap = round(GAP * DENSITY)
        width = sum(picture.width + gap for picture in pictures) - gap
        height = max(picture.height for picture in pictures)
        whole = Image.new("RGB", (width, height), FRAME)
        left = 0
        for picture in pictures:
            whole.paste(picture, (left, 0))
            left += picture.width + gap
        return whole

    def box(self) -> dict | None:
        """Return the same rectangle for each window, or None for the whole window."""
        if not self.part:
            return None
        size = self.pages[0].viewport_size
        boxes = [
            box
            for page in self.pages
            for element in page.locator(self.part).all()
            if (box := element.bounding_box())
        ]
        left = max(min(box["x"] for box in boxes) - MARGIN, 0)
        top = max(min(box["y"] for box in boxes) - MARGIN, 0)
        right = max(box["x"] + box["width"] for box in boxes) + MARGIN
        bottom = max(box["y"] + box["height"] for box in boxes) + MARGIN
        return {
            "x": left,
            "y": top,
            "width": min(right, size["width"]) - left,
            "height": min(bottom, size["height"]) - top,
        }


def photograph(page, box: dict | None = None) -> Image.Image:
    """Return a picture of a page, or of a rectangle of it."""
    png = page.screenshot(caret="hide", animations="disabled", clip=box)
    return Image.open(io.BytesIO(png)).convert("RGB")


def save(picture: Image.Image, path: Path) -> None:
    """Write a still."""
    (reduced,) = with_few_colours([picture])
    reduced.save(path, **ENCODING)


def save_film(moments: list[tuple[Image.Image, int]], path: Path) -> None:
    """Write a film of pictures, each shown for so many milliseconds; it repeats."""
    first, *others = with_few_colours([picture for picture, _ in moments])
    first.save(
        path,
        save_all=True,
        append_images=others,
        duration=[milliseconds for _, milliseconds in moments],
        loop=0,
        minimize_size=True,
        **ENCODING,
    )


def with_few_colours(pictures: Iterable[Image.Image]) -> list[Image.Image]:
    """Return the pictures in the colours that matter most; others become the nearest.

    Pillow's own `quantize` also changes the colours of large areas.
    """
    counts = Counter()
    for picture in pictures:
        for count, colour in picture.getcolors(picture.width * picture.height):
            counts[colour] += count
    nearest = nearest_of(counts)
    reduced = []
    for picture in pictures:
        copy = Image.new("RGB", picture.size)
        copy.putdata([nearest[colour] for colour in picture.get_flattened_data()])
        reduced.append(copy)
    return reduced


def nearest_of(counts: Counter) -> dict:
    """Choose colours, each the one that is wrong in most pixels, and by most.

    Return the chosen one for each colour.
    """
    (first, _), *_ = counts.most_common(1)
    nearest = dict.fromkeys(counts, first)
    far = {colour: distance(colour, first) for colour in counts}
    for _ in range(COLOURS - 1):
        chosen = max(counts, key=lambda one: counts[one] * far[one])
        for colour in counts:
            if (near := distance(colour, chosen)) < far[colour]:
                far[colour], nearest[colour] = near, chosen
    return nearest


def distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Return how different two colours are."""
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
