"""Plots as SVG, in the colours of the page that they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import fill
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, fromstring

from fuzz.figures import blank_figure, can_draw, written
from fuzz.reports.overview import SIZE_ORDER, Latency

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Colours that stand for the page's own, which light and dark change.
INK, QUIET, LINE, ACCENT, BAR = "#010203", "#020304", "#030405", "#040506", "#050607"
VARIABLES = {INK: "--ink", QUIET: "--quiet", LINE: "--line", ACCENT: "--accent", BAR: "--bar"}
INCHES_WIDE = 9.0
# More than this many panels side by side would have no room for their labels.
# More would stand in the next panel's title.
LETTERS_IN_A_TITLE = 16
MOST_IN_A_ROW = 6
SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
REFERENCE = re.compile(r"(url\(#|^#)")


def curve_plot(curve: Iterable[tuple[int, int]]) -> Element | None:
    """Plot the number of findings over the number of requests; None without the library."""
    if not can_draw():
        return None
    points = list(curve)
    figure, (axes,) = _figure(1, 3.0)
    requests = [0, *(one for one, _ in points)]
    findings = [0, *(many for _, many in points)]
    axes.step(requests, findings, where="post", color=ACCENT, linewidth=2)
    axes.plot(requests[1:-1], findings[1:-1], "o", color=ACCENT, markersize=4)
    axes.set_xlabel("checked requests")
    axes.set_ylabel("findings")
    axes.set_ylim(0, max(findings) * 1.1)
    axes.set_xlim(0, max(1, requests[-1]))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.yaxis.get_major_locator().set_params(integer=True)
    return _svg(figure, "curve", f"{findings[-1]} findings after {requests[-1]:,} checked requests")


def latency_plot(latencies: Iterable[Latency]) -> Element | None:
    """Plot a panel for each operation: median, and the band up to which 99 % came, over sizes.

    None without the library.
    """
    if not can_draw():
        return None
    by_operation: dict[str, list[Latency]] = {}
    for one in latencies:
        by_operation.setdefault(one.operation, []).append(one)
    figure, panels = _figure(len(by_operation), 3.0)
    for axes, (operation, rows) in zip(panels, by_operation.items()):
        sizes = [SIZE_ORDER.index(one.size) for one in rows]
        middle = [one.median_ms for one in rows]
        axes.fill_between(sizes, middle, [one.p99_ms for one in rows], color=BAR, alpha=0.45, linewidth=0)
        axes.plot(sizes, [one.p99_ms for one in rows], color=BAR, linewidth=1)
        axes.plot(sizes, middle, "o-", color=ACCENT, linewidth=2, markersize=4)
        axes.set_yscale("log")
        axes.set_title(fill(operation, LETTERS_IN_A_TITLE), color=INK, fontsize=11)
        axes.set_xticks(range(len(SIZE_ORDER)), SIZE_ORDER, rotation=60, fontsize=9)
        axes.set_xlim(-0.3, len(SIZE_ORDER) - 0.7)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    for first in panels[::MOST_IN_A_ROW]:
        first.set_ylabel("ms: half (line), 99 % (band)")
    return _svg(figure, "latency", "Median and 99th percentile of latencies, by operation and size of the object")


def _figure(panels: int, inches_high: float) -> tuple[Figure, list[Any]]:
    """Return a figure with rows of panels, each row so high, drawn in the page's colours."""
    columns = min(panels, MOST_IN_A_ROW)
    rows = -(-panels // MOST_IN_A_ROW)
    figure = blank_figure(INCHES_WIDE, rows * inches_high)
    every = list(figure.subplots(rows, columns, sharey=True, squeeze=False).flat)
    for unused in every[panels:]:
        unused.remove()
    for axes in every[:panels]:
        for side in axes.spines.values():
            side.set_color(LINE)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(colors=QUIET, which="both")
        axes.xaxis.label.set_color(QUIET)
        axes.yaxis.label.set_color(QUIET)
    return figure, every[:panels]


def _svg(figure: Figure, name: str, description: str) -> Element:
    """Return the figure as an element to stand in a page."""
    root = fromstring(written(figure, "svg", name, transparent=True))
    for one in list(root):
        if one.tag == f"{SVG}metadata":
            root.remove(one)
    for one in root.iter():
        _settle(one, name)
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.attrib |= {"role": "img", "aria-label": description}
    return root


def _settle(one: Element, name: str) -> None:
    """Take an element from a file of its own into a page: plain names, ids of its own, the page's colours."""
    one.tag = one.tag.removeprefix(SVG)
    if HREF in one.attrib:
        one.attrib["href"] = one.attrib.pop(HREF)
    for attribute, value in one.attrib.items():
        if attribute == "id":
            one.attrib[attribute] = f"{name}-{value}"
        else:
            one.attrib[attribute] = _in_page_colours(REFERENCE.sub(rf"\g<1>{name}-", value))
    if one.tag == "style" and one.text:
        # A rule for everything would be one for the whole page; joins and caps are as good by default.
        one.text = ""


def _in_page_colours(value: str) -> str:
    for colour, variable in VARIABLES.items():
        value = value.replace(colour, f"var({variable})")
    return re.sub(r"font: ([\d.]+px) [^;]*", r"font-size: \1", value)
