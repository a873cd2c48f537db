"""Plots: drawn for white paper, with words beside them for who cannot see them."""

import io

from IPython.display import display
from matplotlib import rc_context
from matplotlib.figure import Figure

STYLE = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": "cycler('color', ['3f51b5', 'c2410c', '047857', '7c3aed'])",
    "axes.spines.right": False,
    "axes.spines.top": False,
    # Opaque: a page or a JupyterLab in the dark would shine through black letters.
    "figure.facecolor": "white",
    "font.family": "sans-serif",
    "font.size": 11,
    "grid.color": "#dddddd",
    "legend.frameon": False,
    "savefig.facecolor": "white",
    "svg.fonttype": "none",  # letters stay letters: small, and searchable
    "svg.hashsalt": "course",  # the same plot gives the same file
}


def plot(width: float = 7, height: float = 3.5, **options):
    """Return a figure and its axes; options go to matplotlib's `Figure.subplots`."""
    with rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.subplots(**options)


def show(figure: Figure, text: str) -> None:
    """Show a figure; `text` says what it shows to who cannot see it."""
    picture = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(picture, format="svg", metadata={"Date": None})
    display({"image/svg+xml": picture.getvalue(), "text/plain": text}, raw=True)
