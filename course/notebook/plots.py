"""Plots: narrow enough for a phone, with a text that says what they show."""

import io

from IPython.display import display
from matplotlib import rcParams
from matplotlib.figure import Figure

# tools/pages/plots.py gives each of these the page's own colour.
INK, GRID, PAPER = "#000000", "#dddddd", "#ffffff"
COLOURS = ["#3f51b5", "#c2410c", "#047857", "#7c3aed"]

STYLE = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": f"cycler('color', {[colour[1:] for colour in COLOURS]})",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": "medium",
    # Opaque: black letters would be unreadable in a dark JupyterLab.
    "figure.facecolor": PAPER,
    "font.family": "sans-serif",
    "font.size": 12.5,
    "grid.color": GRID,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",  # text stays text: small, and searchable
    "svg.hashsalt": "course",  # the same plot gives the same file
}
rcParams.update(STYLE)


def plot(width: float = 5, height: float = 3.6, **options):
    """Return a figure and its axes; options go to matplotlib's `Figure.subplots`."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(**options)


def logarithmic(axes) -> None:
    """Make both axes logarithmic, with 0.1, 1 and 10 instead of powers."""
    axes.set(xscale="log", yscale="log")
    axes.minorticks_off()
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.yaxis.set_major_formatter("{x:,g}")


def bars(values: dict[str, float], title: str, digits: int = 3) -> None:
    """Show one bar for each value, with its name above it and its number behind it."""
    numbers = [rounded(value, digits) for value in values.values()]
    figure, axes = plot(height=0.5 + 0.55 * len(values))
    axes.barh(range(len(values)), list(values.values()), height=0.4)
    for row, (name, value) in enumerate(values.items()):
        axes.text(0, row - 0.28, name, va="bottom")
        end = {"xytext": (5, 0), "textcoords": "offset points", "va": "center"}
        axes.annotate(numbers[row], (value, row), **end)
    axes.set_xlim(0, 1.2 * max(values.values()))
    axes.set_ylim(len(values) - 0.7, -0.8)
    axes.set_axis_off()
    axes.set_title(title, fontweight="bold")
    said = [f"{name}: {number}" for name, number in zip(values, numbers, strict=True)]
    show(figure, f"Bars, {title}. {', '.join(said)}.")


def rounded(value: float, digits: int = 3) -> str:
    """Return so many digits of a number, without an exponent."""
    return f"{float(f'{value:.{digits}g}'):,.10g}"


def mark(axes, x: float, y: float, text: str, height: float, side="right") -> None:
    """Mark a point and drop a line from it to the axis; put the text beside the line."""
    bottom = axes.get_ylim()[0]
    axes.vlines(x, bottom, y, color=INK, linestyle=":")
    axes.set_ylim(bottom)
    axes.plot([x], [y], "o", markersize=9, color=INK, markerfacecolor=PAPER, zorder=5)
    away, align = (6, "left") if side == "right" else (-6, "right")
    options = {"textcoords": "offset points", "ha": align, "va": "center"}
    axes.annotate(text, (x, height), xytext=(away, 0), fontweight="bold", **options)


def show(figure: Figure, text: str) -> None:
    """Show a figure; screen readers read `text`."""
    picture = io.StringIO()
    figure.savefig(picture, format="svg", metadata={"Date": None})
    display({"image/svg+xml": picture.getvalue(), "text/plain": text}, raw=True)
