"""Pictures of a comparison, as PNG and SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from textwrap import fill
from typing import TYPE_CHECKING

from fuzz.comparing.break_even import at_bandwidth, bandwidth_text, break_evens
from fuzz.comparing.plan import TEMPERATURES
from fuzz.comparing.questions import TimedQuestion
from fuzz.comparing.results import BYPASS, Comparison, Temperature, Throughput
from fuzz.errors import CannotRun
from fuzz.figures import FigureKind, blank_figure, can_draw, plain_log_ticks, written

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which the colour-blind tell apart; the bypass is grey.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
BYPASS_COLOR = "#666666"
PANEL_INCHES = (5.2, 3.8)
COLUMNS = 3
LEGEND_COLUMNS = 5
# About how wide a letter is, in the size of the title and of the legend; a handle takes as much as so many letters.
TITLE_LETTER_INCHES, LEGEND_LETTER_INCHES = 0.095, 0.068
LEGEND_HANDLE_LETTERS = 9
MOST_PANELS = 12
BANDWIDTHS_MBPS = (1.0, 100_000.0)
BANDWIDTH_TICKS = (1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0)
STEPS = 80


def check_installed() -> None:
    """Raise CannotRun where there is nothing to draw with."""
    if not can_draw():
        raise CannotRun(
            "matplotlib, which draws the plots, is not installed; run: pip install -e '.[plots]', "
            "or leave them out by --formats json"
        )


def draw(comparison: Comparison, folder: Path, formats: Sequence[FigureKind]) -> list[Path]:
    """Write every picture that there is something to show in; the files written."""
    written = []
    for kind in formats:
        for name, data in pictures(comparison, kind):
            path = folder / f"{name}.{kind}"
            path.write_bytes(data)
            written.append(path)
    return written


def pictures(comparison: Comparison, kind: FigureKind) -> Iterator[tuple[str, bytes]]:
    """Return every picture that there is something to show in, by name, as the bytes of a PNG or an SVG file."""
    for name, picture in (("times", times), ("throughput", throughput), ("bandwidth", bandwidth)):
        figure = picture(comparison)
        if figure is not None:
            yield name, written(figure, kind, name)


def times(comparison: Comparison) -> Figure | None:
    """Box plots of how long a request takes, by size; a panel for each kind of question."""
    kinds = list(dict.fromkeys(one.question.kind for one in comparison.times if one.right_ms))
    if not kinds:
        return None
    figure, panels = _panels(comparison, len(kinds), "How long a request takes, one client")
    for kind, axes in zip(kinds, panels):
        questions = [one for one in comparison.questions if one.kind == kind]
        _boxes(comparison, questions, axes)
        axes.set_title(kind)
        _log_scale(axes, "milliseconds (log scale)")
        axes.set_xlabel("elements of the array")
    _below(figure, panels, "box: quartiles and median; whiskers: 5 % to 95 %; right answers only")
    return figure


def throughput(comparison: Comparison) -> Figure | None:
    """Right answers a second over the number of clients; a panel for each question."""
    found = [one for one in comparison.throughputs if one.rates]
    questions = list(dict.fromkeys(one.question for one in found))
    if not questions or len({one.clients for one in found}) == 1:
        return None
    clients = sorted({one.clients for one in found})
    figure, panels = _panels(comparison, len(questions), "Right answers a second, by clients at the same time")
    for question, axes in zip(questions, panels):
        for name in comparison.contenders:
            mine = [one for one in found if one.question == question and one.contender == name]
            if mine:
                _rates(axes, name, _color(comparison, name), mine)
        axes.set_title(question.label)
        axes.set_xscale("log", base=2)
        axes.set_xticks(clients, [f"{one}" for one in clients])
        axes.set_ylim(bottom=0)
        axes.set_ylabel("answers a second")
        axes.set_xlabel("clients at the same time (log scale)")
    _below(figure, panels, "median of blocks, and their range; all about one object that was asked about before")
    return figure


def bandwidth(comparison: Comparison) -> Figure | None:
    """Draw how long a request takes over a network of any bandwidth: where the lines cross, the bypass catches up."""
    crossings = {(one.question, one.server): one.mbps.value for one in break_evens(comparison)}
    questions = list(dict.fromkeys(question for question, _ in crossings))
    if not questions:
        return None
    figure, panels = _panels(comparison, len(questions), "How long a request takes, by the network to the client")
    steps = _bandwidths()
    for question, axes in zip(questions, panels):
        for name in comparison.contenders:
            one = comparison.find(question, name)
            if one is not None:
                middle = median(one.right_ms)
                line = [at_bandwidth(middle, one.bytes_to_client, mbps) for mbps in steps]
                axes.plot(steps, line, color=_color(comparison, name), label=_legend(name, "cold"))
                place = comparison.contenders.index(name)
                _crossing(axes, crossings.get((question, name), 0.0), middle, _color(comparison, name), place)
        _measured(comparison, question, axes)
        axes.set_title(question.label)
        axes.set_xscale("log")
        axes.set_xticks(BANDWIDTH_TICKS, [f"{one:,.0f}" for one in BANDWIDTH_TICKS])
        axes.set_xlabel("Mbit/s to the client (log scale)")
        _log_scale(axes, "milliseconds (log scale)")
    note = "lines derived: median as measured + bytes / bandwidth; dots measured; left of a ▼ the server is faster"
    _below(figure, panels, note)
    return figure


def _boxes(comparison: Comparison, questions: Sequence[TimedQuestion], axes: Axes) -> None:
    shown = [(name, temperature) for name in comparison.contenders for temperature in _temperatures(name)]
    width = 0.8 / len(shown)
    for place, (name, temperature) in enumerate(shown):
        found = [(at, comparison.find(question, name, temperature)) for at, question in enumerate(questions)]
        there = [(at, list(one.right_ms)) for at, one in found if one is not None]
        if not there:
            continue
        color = _color(comparison, name)
        drawn = axes.boxplot(
            [values for _, values in there],
            positions=[at - 0.4 + width * (place + 0.5) for at, _ in there],
            widths=width * 0.8,
            whis=(5, 95),
            showfliers=False,
            patch_artist=True,
            manage_ticks=False,
            medianprops={"color": "black", "linewidth": 1.2},
        )
        for box in drawn["boxes"]:
            box.set(facecolor=color, edgecolor=color, alpha=0.85 if temperature == "cold" else 0.4)
        for line in (*drawn["whiskers"], *drawn["caps"]):
            line.set(color=color)
        drawn["boxes"][0].set_label(_legend(name, temperature))
    axes.set_xlim(-0.5, len(questions) - 0.5)
    axes.set_xticks(range(len(questions)), [f"{question.side}²" for question in questions])
    axes.grid(axis="y", which="both", color="#dddddd", linewidth=0.6)


def _log_scale(axes: Axes, label: str) -> None:
    """Give an axis a logarithmic scale whose ticks are plain numbers."""
    axes.set_yscale("log")
    axes.set_ylabel(label)
    low, high = axes.get_ylim()
    plain_log_ticks(axes.yaxis, (1, 2, 5) if high / low < 1e3 else (1,))


def _rates(axes: Axes, name: str, color: str, mine: Sequence[Throughput]) -> None:
    middles = [median(one.rates) for one in mine]
    below = [middle - min(one.rates) for middle, one in zip(middles, mine)]
    above = [max(one.rates) - middle for middle, one in zip(middles, mine)]
    clients = [one.clients for one in mine]
    axes.errorbar(clients, middles, yerr=[below, above], color=color, marker="o", markersize=4, capsize=3, label=name)
    axes.grid(color="#dddddd", linewidth=0.6)


def _crossing(axes: Axes, mbps: float, server_ms: float, color: str, place: int) -> None:
    """Mark where the bypass catches up; the words of neighbours stand one above the other."""
    if BANDWIDTHS_MBPS[0] <= mbps <= BANDWIDTHS_MBPS[1]:
        axes.plot([mbps], [server_ms], color=color, marker="v", markersize=8, linestyle="none", zorder=3)
        axes.annotate(
            bandwidth_text(mbps), (mbps, server_ms), xytext=(0, 14 + 12 * place), textcoords="offset points",
            ha="center", fontsize=8, color=color,
        )  # fmt: skip


def _measured(comparison: Comparison, question: TimedQuestion, axes: Axes) -> None:
    """Draw the bypass as it was measured over narrow networks."""
    found = [one for one in comparison.times if one.mbps and one.question == question and one.right_ms]
    if found:
        middles = [median(one.right_ms) for one in found]
        axes.plot([one.mbps for one in found], middles, "o", color="black", markersize=4, label="bypass, measured")
    axes.grid(which="major", color="#dddddd", linewidth=0.6)


def _panels(comparison: Comparison, wanted: int, title: str) -> tuple[Figure, list[Axes]]:
    """Return a figure of so many panels, which says how many it leaves out."""
    count = min(wanted, MOST_PANELS)
    columns = min(COLUMNS, count)
    rows = math.ceil(count / columns)
    figure = blank_figure(max(PANEL_INCHES[0] * columns, 7.0), PANEL_INCHES[1] * rows + 1.1)
    left_out = f" (the first {count} of {wanted})" if count < wanted else ""
    named = f"{', '.join(comparison.contenders)} · {comparison.begun}"
    letters = round(figure.get_figwidth() / TITLE_LETTER_INCHES)
    below = fill(named, letters, break_on_hyphens=False)
    figure.suptitle(f"{title}{left_out}\n{below}", fontsize=11)
    panels = [figure.add_subplot(rows, columns, place + 1) for place in range(count)]
    for axes in panels:
        axes.set_axisbelow(True)
    return figure, panels


def _below(figure: Figure, panels: Sequence[Axes], note: str) -> None:
    """Draw one legend for all panels and a note, below them."""
    shown: dict[str, Artist] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            shown.setdefault(str(label), handle)
    figure.legend(
        list(shown.values()), list(shown), loc="outside lower center", ncols=_legend_columns(figure, list(shown)),
        title=note, fontsize=8, title_fontsize=8, frameon=False,
    )  # fmt: skip


def _legend_columns(figure: Figure, labels: Sequence[str]) -> int:
    """As many columns as fit in the figure, were all of them as wide as the widest."""
    widest = (LEGEND_HANDLE_LETTERS + max(map(len, labels), default=0)) * LEGEND_LETTER_INCHES
    return max(1, min(len(labels), LEGEND_COLUMNS, int(figure.get_figwidth() / widest)))


def _temperatures(name: str) -> tuple[Temperature, ...]:
    return TEMPERATURES[:1] if name == BYPASS else TEMPERATURES


def _legend(name: str, temperature: str) -> str:
    return name if name == BYPASS else f"{name}, {temperature}"


def _color(comparison: Comparison, name: str) -> str:
    return BYPASS_COLOR if name == BYPASS else COLORS[comparison.servers.index(name) % len(COLORS)]


def _bandwidths() -> list[float]:
    low, high = (math.log10(one) for one in BANDWIDTHS_MBPS)
    return list(_spread(low, high))


def _spread(low: float, high: float) -> Iterator[float]:
    for step in range(STEPS):
        yield float(10 ** (low + (high - low) * step / (STEPS - 1)))
