"""The verb `record`: play scenes, and write what they show to where the pages look."""

import io
from pathlib import Path

from PIL import Image

from course.errors import CourseError
from course.steps import ROOT
from tools.pages.listings import OUTPUTS as OUTPUT_FOLDER
from tools.record.scenes import OUTPUTS, SCREENSHOTS
from tools.record.stage import Stage

SCREENSHOT_FOLDER = ROOT / "docs" / "en" / "assets" / "screenshots"
SCHEMES = ["light", "dark"]
LARGEST = 25_000  # bytes of one picture


def record(names: list[str]) -> int:
    """Record everything, or what has these names."""
    known = sorted([*OUTPUTS, *SCREENSHOTS])
    for name in names:
        if name not in known:
            raise CourseError(
                f'There is no scene "{name}". There are: {", ".join(known)}.'
            )
    with Stage() as stage:
        for name in names or known:
            print(f"{name} …", flush=True)
            if name in OUTPUTS:
                write_output(name, OUTPUTS[name](stage))
            else:
                photograph(stage, name)
    return 0


def write_output(name: str, text: str) -> None:
    """Keep a text for the pages."""
    OUTPUT_FOLDER.mkdir(parents=True, exist_ok=True)
    (OUTPUT_FOLDER / f"{name}.txt").write_text(f"{text}\n", "utf-8")


def photograph(stage: Stage, name: str) -> None:
    """Keep two pictures of a page, one for light pages and one for dark ones."""
    SCREENSHOT_FOLDER.mkdir(parents=True, exist_ok=True)
    with SCREENSHOTS[name](stage) as page:
        for scheme, path in zip(SCHEMES, paths_of(name), strict=True):
            page.emulate_media(color_scheme=scheme)
            picture = io.BytesIO(page.screenshot(caret="hide", animations="disabled"))
            # Lossless, and a third of the size of the browser's PNG.
            Image.open(picture).save(path, lossless=True, quality=100, method=6)
            if (size := path.stat().st_size) > LARGEST:
                raise CourseError(f"{path} has {size} bytes; {LARGEST} are allowed.")


def paths_of(name: str) -> list[Path]:
    """Return the files of a screenshot, for light and for dark pages."""
    return [SCREENSHOT_FOLDER / f"{name}-{scheme}.webp" for scheme in SCHEMES]
