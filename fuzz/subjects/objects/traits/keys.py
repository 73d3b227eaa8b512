"""List the traits of a history's keys: what is odd in them, whichever keys they are.

What is odd is exchanged for what is less so in all keys alike, and in the prefixes and starts of listings.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import count
from typing import Any

from fuzz.subjects.objects.traits.changing import changed
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial

Rename = Callable[[str], str]
PLAIN_KEY = "k"
NAME = "a key's name"
ODD, SLASH, LONG = "an odd letter in a key", "a slash in a key", "a long key"
OF_KEYS = ("key", "source_key")
OF_LISTINGS = ("prefix", "start")


@dataclass(frozen=True, slots=True)
class Oddity:
    """An oddity of keys: what it is called and within what, and how a text is written without it.

    `whole` says that it is about whole keys only, and not about the prefixes and starts of listings.
    """

    words: str
    within: str
    without: Rename
    whole: bool = False


def _replacing(pattern: str, plain: str) -> Rename:
    return partial(re.compile(pattern).sub, plain)


def _plain_letter(odd: re.Match[str]) -> str:
    """Return a letter of ASCII in the place of another one: of its case, and mostly in the order that it is in."""
    letter = odd[0]
    if not letter.isalpha():
        return "x"
    alphabet = string.ascii_uppercase if letter.isupper() else string.ascii_lowercase
    return alphabet[ord(letter.lower()[0]) % len(alphabet)]


# A need is named as one of several by a bar between them.
SIGNS = "".join(sorted(set(string.punctuation) - set("/._-~|")))
ODDITIES: tuple[Oddity, ...] = (
    Oddity(LONG, "", lambda key: key[:50], whole=True),
    Oddity("a key of over 255 bytes", LONG, lambda key: key[:255], whole=True),
    Oddity(ODD, "", partial(re.compile(r"[^A-Za-z0-9/._~-]").sub, _plain_letter)),
    # The spaces stay in the key, since a space is odd wherever it is.
    Oddity("a space at the end of a key", ODD, _replacing(r"^(?= )|(?<= )$", "x"), whole=True),
    Oddity("a letter beyond ASCII in a key", ODD, _replacing(r"[^\x00-\x7f]", " ")),
    Oddity(
        "a letter of more than 16 bits in a key", "a letter beyond ASCII in a key", _replacing(r"[^\x00-\uffff]", "ä")
    ),
    Oddity("a control character in a key", ODD, _replacing(r"[\x00-\x1f\x7f]", " ")),
    *(Oddity(f"{sign} in a key", ODD, _replacing(re.escape(sign), " ")) for sign in SIGNS),
    Oddity(SLASH, "", _replacing("/", "x")),
    Oddity("an empty segment in a key", SLASH, _replacing(r"(?<=/)/+", ""), whole=True),
    Oddity("a slash at the start of a key", SLASH, lambda key: key.lstrip("/") or key, whole=True),
    Oddity("a slash at the end of a key", SLASH, lambda key: key.rstrip("/") or key, whole=True),
    Oddity("a dot segment in a key", SLASH, _replacing(r"(?:^|(?<=/))\.\.?(?=/|$)", "d"), whole=True),
    Oddity("an ending in a key", "", _replacing(r"(?<=\w)\.(?=\w+$)", "x"), whole=True),
    Oddity("an upper-case letter in a key", "", str.lower),
)
WITHIN = {NAME: "", **{one.words: one.within for one in ODDITIES}}


def key_traits(trial: Trial) -> Iterator[Trait]:
    """List the traits of a case's keys: one for whatever is odd in them, and one for names other than the plain one."""
    keys = tuple(dict.fromkeys(key for step in trial.case.steps for key in _keys_of(step) if key))
    listed = {getattr(step, name, "") for step in trial.case.steps for name in OF_LISTINGS}
    for one in ODDITIES:
        if any(one.without(text) != text for text in (*keys, *(() if one.whole else listed))):
            rename = partial(_apart, one.without, _renamed_apart(one.without, keys))
            yield Trait(one.words, changed(partial(renamed, rename, () if one.whole else OF_LISTINGS)))
    if PLAIN_KEY not in keys:
        # What is odd in a key has traits of its own.
        for key in [key for key in keys if all(one.without(key) == key for one in ODDITIES)][:1]:
            yield Trait(NAME, changed(partial(renamed, partial(_plain, key), OF_LISTINGS)))


def _renamed_apart(rename: Rename, keys: Sequence[str]) -> dict[str, str]:
    """Return the other names of keys that would come to have one name, so that there are as many keys as before."""
    taken, found = {rename(key) for key in keys}, dict[str, str]()
    for number, key in enumerate(keys):
        plain = rename(key)
        if plain in {found.get(other, rename(other)) for other in keys[:number]}:
            found[key] = next(name for at in count(2) if (name := f"{plain}{at}") not in taken)
            taken.add(found[key])
    return found


def _apart(rename: Rename, others: Mapping[str, str], text: str) -> str:
    return others.get(text) or rename(text)


def _keys_of(step: Any) -> Iterator[str]:
    yield from (getattr(step, name, "") for name in OF_KEYS)
    yield from (one.key for one in getattr(step, "keys", ()))


def _plain(own: str, key: str) -> str:
    return PLAIN_KEY if key == own else key


def renamed(rename: Rename, of_listings: tuple[str, ...], step: Any) -> Any:
    """Return a step with its keys named in another way."""
    names = {one.name for one in fields(step)} & {*OF_KEYS, *of_listings}
    changes: dict[str, Any] = {name: rename(getattr(step, name)) for name in names if getattr(step, name)}
    if "keys" in {one.name for one in fields(step)}:
        changes["keys"] = tuple(replace(one, key=rename(one.key)) for one in step.keys)
    return replace(step, **changes) if changes else step
