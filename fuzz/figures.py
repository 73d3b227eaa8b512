"""Make figures and write them to bytes; matplotlib, an extra, is imported here alone."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

FigureKind = Literal["png", "svg"]
KINDS: tuple[FigureKind, ...] = ("png", "svg")
DOTS_PER_INCH = 130


def can_draw() -> bool:
    """Say whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def blank_figure(width_inches: float, height_inches: float) -> Figure:
    """Return an empty figure that lays out its parts by itself."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_inches, height_inches), layout="constrained")


def plain_log_ticks(axis: Axis, steps: tuple[int, ...]) -> None:
    """Label a logarithmic axis with plain numbers at these steps of each power of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=steps))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axis.set_minor_formatter(NullFormatter())


def written(figure: Figure, kind: FigureKind, salt: str, *, transparent: bool = False) -> bytes:
    """Return the figure as a PNG or an SVG file: the same figure gives the same file, and text in an SVG stays text."""
    from matplotlib import rc_context

    file = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else None
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(file, format=kind, dpi=DOTS_PER_INCH, transparent=transparent, metadata=metadata)
    return file.getvalue()
