"""Write the page of a profile's known findings, for the authors of the server."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fuzz.findings.meant import OR
from fuzz.findings.reported import KINDS, SEVERITIES, USUAL, Reported
from specs.profile import Profile
from specs.requirements import Requirement

MEND_FIRST = "Mend first what stands first: by severity, then what every server shows, then what has a way out already."
RULING = """\
The API's documents are silent here, or can be read in more than one way. What this suite holds a server to is its own
reading, a ruling. Others may read them differently, and a server that does is not wrong for that.
"""


@dataclass(frozen=True, slots=True)
class PageManner:
    """A subject's part of a page.

    `flags` select the subject and its profile on the command line, `checked` says what each finding was checked by.
    `setup` is Markdown with what to paste first. `recipe` gives the commands that show a finding after that.
    """

    flags: str
    checked: str
    setup: str
    recipe: Callable[[Reported], Iterable[str]]
    requirements: Mapping[str, Requirement]


def field_page(profile: Profile, found: Sequence[Reported], manner: PageManner) -> Iterator[str]:
    """Yield the lines of the page: totals and a table, then the bugs, then the rulings."""
    found = sorted(found, key=_order)
    yield f"# {re.split(',| with ', profile.title)[0]}: known findings"
    yield ""
    yield f"<!-- Written by: asfuzz report {manner.flags} --write FILE -->"
    yield ""
    yield (
        f"{_many(found, 'bug')} and {_many(found, 'ruling')} that `asfuzz run` finds, each the smallest case of its "
        f"cause, checked by hand against {manner.checked}. A hunt with this profile counts them as "
        "known; `asfuzz report --check` says which of them are still there."
    )
    yield ""
    yield from _totals(found)
    yield f"\n{MEND_FIRST}\n"
    yield from _table(found)
    yield "\n## To see them by hand\n"
    yield manner.setup
    for kind, title in (("bug", "Bugs"), ("ruling", "Rulings")):
        group = [one for one in found if one.kind == kind]
        if group:
            yield f"\n## {title}"
        if group and kind == "ruling":
            yield f"\n{RULING.rstrip()}"
        for one in group:
            yield from _section(one, manner)


def _order(one: Reported) -> tuple[int, int, bool, bool]:
    return KINDS.index(one.kind), SEVERITIES.index(one.severity), one.configuration != USUAL, not one.proposal


def _many(found: Iterable[Reported], kind: str) -> str:
    number = sum(one.kind == kind for one in found)
    return f"{number} {kind}{'' if number == 1 else 's'}"


def _totals(found: Sequence[Reported]) -> Iterator[str]:
    """Yield a table of how many findings there are of each kind and severity."""
    number = Counter((one.kind, one.severity) for one in found)
    yield f"| | {' | '.join(SEVERITIES)} | all |"
    yield f"|---|{'---|' * (len(SEVERITIES) + 1)}"
    for kind in KINDS:
        row = [number[kind, severity] for severity in SEVERITIES]
        yield f"| {kind}s | {' | '.join(str(one) for one in (*row, sum(row)))} |"


def _table(found: Sequence[Reported]) -> Iterator[str]:
    yield "| finding | severity | versions | configuration |"
    yield "|---|---|---|---|"
    for one in found:
        severity = one.severity if one.kind == "bug" else f"{one.severity} (ruling)"
        yield f"| [{_cell(one.title)}](#{anchor(one)}) | {severity} | {', '.join(one.versions)} | {one.configuration} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def anchor(report: Reported) -> str:
    """Return the anchor of a report's heading."""
    return re.sub(r"[^a-z0-9 _-]", "", report.title.lower()).replace(" ", "-")


def _section(one: Reported, manner: PageManner) -> Iterator[str]:
    yield f"\n### {one.title}\n"
    yield f"- **expected** {one.expected}"
    yield f"- **actual** {one.actual}"
    yield f"- **requirement** {_requirement(one, manner.requirements)}"
    yield f"- **where** {one.where}"
    if one.configuration != USUAL:
        yield f"- **configuration** {one.configuration}"
    if one.start and one.configuration != USUAL:
        yield f"- **start it by** `{one.start.replace('{port}', '8080').replace('{folder}', 'cache')}`"
    yield f"- **versions** {', '.join(one.versions)} · **severity** {one.severity}"
    yield f"\n{one.reason}"
    if one.proposal:
        yield f"\nA way out: {one.proposal}"
    yield "\n```sh"
    yield from manner.recipe(one)
    yield "```"
    if one.shows:
        yield f"\nVersion {one.versions[-1]} prints:\n\n```text\n{one.shows.strip()}\n```"


def _requirement(one: Reported, known: Mapping[str, Requirement]) -> str:
    """Return the sentence of the first requirement, and the names of the others."""
    names = [name for name in one.requirement.split(OR) if name in known]
    if not names:
        return "An answer is right, or the request is refused. Which requirement is broken differs by request."
    entry = known[names[0]]
    others = f", and likewise {', '.join(f'`{name}`' for name in names[1:])}" if names[1:] else ""
    return f"{entry.sentence} (`{names[0]}`, {entry.level}; {entry.source}{others})"
