"""Show what was explored: field by field, pair by pair, and what was at stake, with what was never reached."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from fuzz.reports.elements import element
from fuzz.reports.overview import FieldMap, Overview, PairMap
from fuzz.reports.tables import scrolling
from fuzz.reports.wording import counted

MOST_PAIRS_LISTED = 400


def explored(report: Overview) -> Iterator[Element]:
    """Yield the fields with their values, then the pairs of fields."""
    never = [f"{one.name}: {value}" for one in report.fields for value in one.never]
    asked = max((sum(times for _, times in one.values) for one in report.fields), default=0)
    yield element(
        "p",
        f"Of {counted(asked, 'request')} that had to be answered with values, how many had each value of each field. ",
        _never("value", "was never drawn", "were never drawn", never),
    )
    yield element("div", (_field(one) for one in report.fields), class_="fields")
    yield element("h3", "Pairs")
    yield from _pair_maps(report)


def _never(noun: str, one: str, several: str, names: list[str]) -> Element:
    if not names:
        return element("strong", f"Every {noun} was drawn.")
    told = f"{counted(len(names), noun)} {one if len(names) == 1 else several}: {', '.join(names)}."
    return element("strong", told, class_="is-warn")


def _field(field: FieldMap) -> Element:
    most = max((times for _, times in field.values), default=0)
    rows = (_value_row(value, times, most) for value, times in field.values)
    return element("table", element("caption", field.name), element("tbody", rows))


def _value_row(value: str, times: int, most: int) -> Element:
    name = element("th", value, scope="row")
    if not times:
        return element("tr", name, element("td", class_="share"), element("td", "never"), class_="never")
    bar = element(
        "svg",
        element("rect", x="0", y="0", height="6", width=f"{max(0.5, 100 * times / most):.1f}"),
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    return element("tr", name, element("td", bar, class_="share"), element("td", f"{times:,}"))


def _pair_maps(report: Overview) -> Iterator[Element]:
    possible = sum(one.possible for one in report.pairs)
    missing = sum(len(one.never) for one in report.pairs)
    yield element(
        "p",
        f"{possible - missing:,} of {possible:,} pairs of values that can come together did in some request. "
        "A cell says how many pairs of two fields' values never did.",
    )
    yield element(
        "ul",
        element("li", element("span", "\u00a0", class_="full"), "all pairs reached"),
        element("li", element("span", "3", class_="some"), "so many never reached"),
        element("li", element("span", "8", class_="none"), "none reached"),
        class_="legend",
    )
    yield scrolling(_matrix(report), "Pairs of fields")
    listed = [f"{one.one} {a} with {one.other} {b}" for one in report.pairs for a, b in one.never]
    if listed:
        more = len(listed) - MOST_PAIRS_LISTED
        items = [element("li", words) for words in listed[:MOST_PAIRS_LISTED]]
        rest = [element("li", f"… and {more:,} more")] if more > 0 else []
        yield element(
            "details",
            element("summary", f"The {counted(len(listed), 'pair')} never reached"),
            element("ul", items, rest, class_="columns"),
            class_="printed",
        )


def _matrix(report: Overview) -> Element:
    """Return the lower triangle of fields by fields."""
    names = [one.name for one in report.fields]
    by_names = {frozenset((one.one, one.other)): one for one in report.pairs}
    head = (element("th", element("span", name), scope="col") for name in names[:-1])
    body = (
        element(
            "tr",
            element("th", name, scope="row"),
            (_cell(by_names.get(frozenset((name, other)))) for other in names[:at]),
        )
        for at, name in enumerate(names)
        if at
    )
    return element("table", element("thead", element("tr", element("td"), head)), element("tbody", body), class_="map")


def _cell(pair: PairMap | None) -> Element:
    if pair is None:
        return element("td")
    if not pair.never:
        return element("td", class_="full")
    return element("td", f"{len(pair.never)}", class_="none" if len(pair.never) == pair.possible else "some")


def stakes(report: Overview) -> Iterator[Element]:
    """Yield the requirements, with the number of requests that put each at stake."""
    never = [one.name for one in report.stakes if not one.times]
    yield element(
        "p",
        "A requirement is at stake in a request if some answer to it would break the requirement. ",
        _never("requirement", "was never at stake", "were never at stake", never),
    )
    rows = (
        element(
            "tr",
            element("th", element("code", one.name), scope="row"),
            element("td", f"{one.sentence} ({one.level})" if one.level else one.sentence),
            element("td", f"{one.times:,}" if one.times else "never", class_="number"),
            **({} if one.times else {"class_": "never"}),
        )
        for one in report.stakes
    )
    heading = (
        element("th", name, scope="col", **({"class_": "number"} if name == "requests" else {}))
        for name in ("requirement", "what it says", "requests")
    )
    made = element("table", element("thead", element("tr", heading)), element("tbody", rows), class_="plain wide")
    yield scrolling(made, "Requirements and how often they were at stake")
