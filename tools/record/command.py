"""The verb `record`: play scenes, and write what they show to where the pages look."""

from pathlib import Path

from course.errors import CourseError
from course.steps import ROOT
from tools.pages.listings import OUTPUTS as OUTPUT_FOLDER
from tools.record import pictures
from tools.record.pictures import SCHEMES
from tools.record.scenes import FILMS, OUTPUTS, SCREENSHOTS
from tools.record.stage import Stage

ASSETS = ROOT / "docs" / "en" / "assets"
SCREENSHOT_FOLDER = ASSETS / "screenshots"
LARGEST = 28_000  # bytes of one picture
LARGEST_FILM = 400_000  # bytes of all the files of a film

# Of a film: for a page that is wide, and for a phone. The size of the window, in pixels.
LAYOUTS = {
    "": {"width": 640, "height": 516},
    "-phone": {"width": 390, "height": 640},
}


def record(names: list[str]) -> int:
    """Record everything, or what has these names."""
    known = sorted([*OUTPUTS, *SCREENSHOTS, *FILMS])
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
            elif name in SCREENSHOTS:
                photograph(stage, name)
            else:
                shoot(stage, name)
    return 0


def write_output(name: str, text: str) -> None:
    """Keep a text for the pages."""
    OUTPUT_FOLDER.mkdir(parents=True, exist_ok=True)
    (OUTPUT_FOLDER / f"{name}.txt").write_text(f"{text}\n", "utf-8")


def photograph(stage: Stage, name: str) -> None:
    """Keep two pictures of a page, one for light pages and one for dark ones."""
    SCREENSHOT_FOLDER.mkdir(parents=True, exist_ok=True)
    with SCREENSHOTS[name](stage) as view:
        for scheme, path in zip(SCHEMES, paths_of(name), strict=True):
            pictures.save(view.photograph(scheme), path)
            if (size := path.stat().st_size) > LARGEST:
                raise CourseError(f"{path} has {size} bytes; {LARGEST} are allowed.")


def paths_of(name: str) -> list[Path]:
    """Return the files of a screenshot, for light and for dark pages."""
    return [SCREENSHOT_FOLDER / f"{name}-{scheme}.webp" for scheme in SCHEMES]


def shoot(stage: Stage, name: str) -> None:
    """Keep a film in each layout and scheme, and its last picture as a still."""
    moments = {paths: [] for paths in films_of(name)}
    for page, milliseconds in FILMS[name](stage):
        for paths, (size, scheme) in films_of(name).items():
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            moments[paths].append((pictures.photograph(page), milliseconds))
    for (film, still), shown in moments.items():
        pictures.save_film(shown, film)
        pictures.save(shown[-1][0], still)
    size = sum(path.stat().st_size for paths in films_of(name) for path in paths)
    if size > LARGEST_FILM:
        raise CourseError(f"{name} has {size} bytes; {LARGEST_FILM} are allowed.")


def films_of(name: str) -> dict[tuple[Path, Path], tuple[dict, str]]:
    """Return the files of a film, each with its still: the size and scheme of them."""
    return {
        (
            ASSETS / f"{name}{layout}-{scheme}.webp",
            ASSETS / f"{name}{layout}-still-{scheme}.webp",
        ): (size, scheme)
        for layout, size in LAYOUTS.items()
        for scheme in SCHEMES
    }
