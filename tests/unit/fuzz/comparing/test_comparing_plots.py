"""The pictures of a comparison are files that can be looked at."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from fuzz.comparing import plots
from fuzz.comparing.page import page
from fuzz.comparing.questions import TimedQuestion
from fuzz.comparing.results import BYPASS, Times
from fuzz.errors import CannotRun
from tests.unit.comparisons import LARGE, SMALL, measured

PNG = b"\x89PNG\r\n\x1a\n"
pytest.importorskip("matplotlib")


def words(path: Path) -> str:
    return " ".join(ElementTree.parse(path).getroot().itertext())


def test_each_picture_is_made_in_both_formats_and_says_what_it_shows(tmp_path: Path) -> None:
    found = measured({"a": 5.0, "b": 1.0, BYPASS: 3.0}, questions=(SMALL, LARGE))
    narrow = Times(SMALL, BYPASS, "cold", (40.0, 41.0), 40_000, 10.0)
    written = plots.draw(replace(found, times=(*found.times, narrow)), tmp_path, ("png", "svg"))
    names = {f"{name}.{kind}" for name in ("times", "throughput", "bandwidth") for kind in ("png", "svg")}
    assert {one.name for one in written} == names
    for one in written:
        assert one.stat().st_size > 5_000
        if one.suffix == ".png":
            assert one.read_bytes().startswith(PNG)
    for name, said in (("times", "milliseconds"), ("throughput", "answers a second"), ("bandwidth", "Mbit/s")):
        text = words(tmp_path / f"{name}.svg")
        assert said in text
        assert "a" in text.split()
        assert BYPASS in text
    assert "100²" in words(tmp_path / "times.svg")
    assert "bypass, measured" in words(tmp_path / "bandwidth.svg")


def test_the_page_holds_pictures_and_table_and_needs_nothing_else() -> None:
    text = page(measured({"a<b": 5.0, BYPASS: 3.0}), ["a row", "1 < 2"])
    assert text.count("<svg") == text.count("</svg>") == 3
    assert "a&lt;b" in text
    assert '<pre tabindex="0">a row\n1 &lt; 2</pre>' in text
    assert not re.search(r"(src|href)=[\"']?(http|//)|@import|<script|<\?xml", text)


def test_the_same_result_gives_the_same_picture(tmp_path: Path) -> None:
    found = measured({"a": 5.0, BYPASS: 3.0})
    once, again = (plots.draw(found, tmp_path, ("svg",))[0].read_bytes() for _ in range(2))
    assert once == again


def test_a_picture_says_how_many_panels_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "MOST_PANELS", 2)
    many = tuple(
        TimedQuestion(10, operation="sum", dtype="int32", selection="all", codec=f"c{one}") for one in range(3)
    )
    plots.draw(measured({"a": 5.0, BYPASS: 3.0}, rounds=2, questions=many), tmp_path, ("svg",))
    assert "the first 2 of 3" in words(tmp_path / "times.svg")


def test_nothing_is_drawn_of_nothing(tmp_path: Path) -> None:
    empty = replace(measured({"a": 5.0, BYPASS: 3.0}), times=(), throughputs=())
    assert plots.draw(empty, tmp_path, ("png", "svg")) == []


def test_without_matplotlib_the_next_step_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plots, "can_draw", lambda: False)
    with pytest.raises(CannotRun, match="pip install"):
        plots.check_installed()


def test_help_and_table_do_without_matplotlib() -> None:
    import subprocess

    code = "import sys, fuzz.comparing.plots, fuzz.comparing.table; print('matplotlib' in sys.modules)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100)
    assert asked.stdout.strip() == "False"


@pytest.mark.parametrize("name", ["mine", "a-server-with-a-name-that-is-longer-than-names-of-servers-should-be-by-far"])
def test_long_names_stay_within_the_picture(name: str) -> None:
    figure = plots.times(measured({name: 1.0, f"{name}-too": 2.0, BYPASS: 3.0}))
    assert figure is not None
    figure.canvas.draw()
    width = figure.bbox.width
    (legend,) = figure.legends
    title = figure._suptitle  # type: ignore[attr-defined]
    for one in (title, legend):
        extent = one.get_window_extent()
        assert 0 <= extent.x0 < extent.x1 <= width, one
