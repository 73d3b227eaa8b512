"""A comparison as one HTML file that needs nothing beside it: the pictures, and the table below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from fuzz.comparing.plots import pictures
from fuzz.comparing.results import Comparison

STYLE = """\
html { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 90em; padding: 0 1em; }
svg { display: block; height: auto; max-width: 100%; margin: 1em 0; background: white; }
pre { overflow-x: auto; font-size: 13px; }
"""


def page(comparison: Comparison, rows: Iterable[str]) -> str:
    """Return the whole page; `rows` are those of the table."""
    return "\n".join(_parts(comparison, rows))


def _parts(comparison: Comparison, rows: Iterable[str]) -> Iterator[str]:
    title = escape(f"{', '.join(comparison.contenders)}, side by side")
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>"
    yield f"<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>"
    for name, data in pictures(comparison, "svg"):
        text = data.decode("utf-8")
        # What stands before the element is for files of their own.
        yield f'<figure id="{name}">\n{text[text.index("<svg") :]}</figure>'
    table = escape("\n".join(rows))
    yield f'<pre tabindex="0">{table}</pre>\n</main>\n</body>\n</html>\n'
