"""Convert a request into plainer ones that test the same thing, such as one missing element in place of many."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import numpy as np

from fuzz.subjects.reductions.scene import Scene, are_axes, with_elements
from fuzz.subjects.reductions.traits.missing import missing_numbers
from fuzz.subjects.reductions.traits.numbers import ranked
from fuzz.subjects.reductions.traits.scenes import SCENES, everything_missing, is_of_nothing
from fuzz.subjects.reductions.traits.storage import WIDEST
from fuzz.triage.trial import Trial
from specs.fields import Fields
from specs.manners import WELL
from specs.reductions.bodies import full_body
from specs.reductions.dtypes import Array
from specs.reductions.raw_requests import read_raw
from specs.reductions.request import COMPRESSIONS
from specs.reductions.steps import Put, SendRaw, Spelling
from specs.spellings import PLAINLY, spelled

# Traits whose plainer form does the same in another way: several results, or a part of an object or a dimension.
CONVERTED = ("axis []", "offset", "negative bounds", "stride beyond one", "reversed selection")
CONTENT_TYPE = "content-type"
OF_CONTENT_TYPES: tuple[Spelling, ...] = ("content-type-case", "content-type-charset", "content-type-quoted")
NO_SLASH: Spelling = "no-slash"
# A store that serves this page for every object acts as if it had no object.
NOT_THERE = "missing-page"
# Stores that send less of an object than a request's size asks for act as if the object were shorter.
SENDS_NOTHING = "nothing"
# A URL with letters that are escaped needlessly comes to one with letters that must be.
NEEDLESS_ESCAPES: Spelling = "url-escapes"
KEY_WITH_AN_ESCAPE = "a b"
EXPONENTS: Spelling = "exponents"
SENDS_LESS = ("too-little", SENDS_NOTHING)


def come_to_the_same(trial: Trial) -> Iterator[Trial]:
    """Yield plainer trials that come to the same result as the given one, each conversion on top of the one before.

    A request in given bytes comes to the same as one that is merely spelled like it.
    """
    if trial.scene is None:
        yield from _as_spelled(trial)
        return
    for scene in in_other_ways(trial.scene):
        yield trial.of_scene(scene)
    for scene in _with_exponents(trial.scene):
        yield trial.of_scene(scene)
    if trial.scene.spelled == NEEDLESS_ESCAPES and trial.scene.key == "a":
        yield trial.of_scene(replace(trial.scene, spelled="plainly", key=KEY_WITH_AN_ESCAPE))
    put, send = trial.case.steps
    if trial.scene.served == NOT_THERE:
        yield trial.of_steps(send)
    if not put.data:
        # Nothing is no stream of any codec.
        for codec in COMPRESSIONS:
            yield trial.of_steps(put, replace(send, fields=send.fields.but(compression={"id": codec})))
    if trial.scene.served in SENDS_LESS and trial.scene.sized and not trial.scene.suffix:
        end = len(trial.scene.prefix) if trial.scene.served == SENDS_NOTHING else len(put.data) - WIDEST
        yield trial.of_steps(replace(put, data=put.data[: max(end, len(trial.scene.prefix))], served=WELL), send)
    by_name = {one.name: one for one in SCENES}
    for name in CONVERTED:
        plain = by_name[name].drop(trial)
        if plain is not None:
            trial = plain
            yield trial


def _with_exponents(scene: Scene) -> Iterator[Scene]:
    """Yield scenes with small numbers that are written with exponents, if the scene's own can only be written so.

    In the last one a single element is missing, so that a mistake shows.
    """
    written = map(json.dumps, missing_numbers(scene))
    if scene.spelled == PLAINLY and any("e" in one and "." not in one for one in written):
        yield replace(ranked(scene, dense=True) or scene, spelled=EXPONENTS)
        few = _bare(scene, np.arange(1, 4).astype(scene.dtype))
        yield replace(few, missing=("missing_value", 1.0), spelled=EXPONENTS)


def _bare(scene: Scene, elements: Array) -> Scene:
    """Return the scene of other elements, all of which are asked about, without a shape and with none missing."""
    bare = replace(with_elements(scene, elements), shape=None, selection=None, axis=None, order="C", missing=None)
    return replace(bare, sized=False, surplus=b"", suffix=b"")


def _as_spelled(trial: Trial) -> Iterator[Trial]:
    """Yield the request with letters of its path escaped, or spelled in the manner that gives it its type or path."""
    last, put = trial.last, trial.case.steps[0]
    if isinstance(last, SendRaw) and not last.path.isascii():
        yield trial.of_steps(*trial.case.steps[:-1], replace(last, path=quote(last.path, safe=string.printable)))
    inner = read_raw(last, trial.profile).send if isinstance(last, SendRaw) else None
    if not isinstance(last, SendRaw) or not isinstance(put, Put) or inner is None:
        return
    located = full_body(replace(inner, fields=Fields()), trial.profile)
    told = Fields({name: value for name, value in inner.fields.items() if located.get(name) != value})
    for manner in _manners(last):
        yield trial.of_steps(put, replace(inner, fields=told, spelled=manner))


def _manners(raw: SendRaw) -> Iterator[Spelling]:
    """Yield the manners of spelling that given bytes have."""
    kinds = [_tight(value) for name, value in raw.headers if name.lower() == CONTENT_TYPE]
    yield from (manner for manner in OF_CONTENT_TYPES if kinds == [_tight(_content_type(manner))])
    if not raw.path.partition("?")[0].endswith("/"):
        yield NO_SLASH


def _tight(value: str) -> str:
    """Return a header's value in lower case and without spaces, neither of which matter in a content type."""
    return "".join(value.lower().split())


def _content_type(manner: Spelling) -> str:
    """Return the content type that a request has in another spelling."""
    head = b"POST / HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
    lines = b"".join(spelled(head, manner).pieces).decode().split("\r\n")
    return next(line.partition(":")[2] for line in lines if line.lower().startswith(CONTENT_TYPE))


def in_other_ways(scene: Scene) -> Iterator[Scene]:
    """Yield plainer scenes with an empty result: one missing element in place of many, or nothing selected.

    A result along an axis comes to one along the only axis there is.
    """
    bare = _bare(scene, np.ones(1, scene.dtype))
    along = [replace(bare, shape=(1,), axis=0)] if is_along_axes(scene) else []
    none_selected = [replace(each, shape=(1,), selection=((0, 0, 1),)) for each in (*along, bare)]
    if is_of_nothing(scene):
        if not everything_missing(scene):
            yield from (replace(each, missing=("missing_value", 1)) for each in (*along, bare))
        yield from none_selected
    elif not scene.elements.size and scene.shape is None:
        yield from none_selected


def is_along_axes(scene: Scene) -> bool:
    """Say whether a scene is reduced along one axis or several."""
    axes = scene.axes
    return bool(axes) and are_axes(axes)
