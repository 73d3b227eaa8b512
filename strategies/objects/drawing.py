"""Draw values from a seed: cases are recipes, and the seed is all that is chosen, which costs next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from specs.case import Case
from specs.objects.content import Content
from specs.objects.profile import Profile
from specs.objects.steps import STREAMED, Sent, Signing, Step
from strategies.drawing import Choice, integers

One = TypeVar("One")
OneStep = TypeVar("OneStep", bound=Step)
MOST_SEED = 2**48
KEYS = ("k", "dir/k", "other", "K", "a b", "ä", "dir/sub/k", "z+z", "100%", "k.txt")
# Beginnings of texts that a store which reads contents as text would change.
MARKED = (b"\xef\xbb\xbf", b"\xff\xfe", b"\r\n", b" \t", b"\x00")
# A key of each class, beside others that differ from it in little.
ODD_KEYS = {
    "": ("plain", "with space", " lead", "trail ", "plus+sign", "per%cent", "%41", "A", "a", "é", "e\u0301",
         "back\\slash", "question?mark", "hash#tag", "quote'\"", "<&>", "a=b&c=d", "tab\there", "semi;colon",
         "comma,at@", "日本語", "😀",
         "~tilde", "a:b", "star*", "x" * 255, "d/" * 60 + "e"),
    "empty-segment": ("a//b", "a///b"),
    "dot-segment": ("./a", "a/./b", "a/../b", "..a/b", "a/.."),
    "leading-slash": ("/a", "/a/b"),
    "trailing-slash": ("a/", "dir/sub/"),
    "long-segment": ("y" * 256, "y" * 1024),
    "control": ("bell\x07", "esc\x1b", "cr\rlf\nx", "del\x7f", "\x01"),
}  # fmt: skip


@dataclass
class Draw:
    """Draws from one seed for one profile; `number` counts the names that steps were given."""

    random: Random
    profile: Profile
    number: int = field(default=0)

    def chance(self, share: float) -> bool:
        """Return True with that probability."""
        return self.random.random() < share

    def one(self, several: Sequence[One]) -> One:
        """Return one of several values."""
        return several[self.random.randrange(len(several))]

    def some(self, several: Sequence[One], least: int, most: int) -> list[One]:
        """Return different values of a collection, in any order."""
        return self.random.sample(list(several), min(self.between(least, most), len(several)))

    def between(self, least: int, most: int) -> int:
        """Return a number from a range that includes both ends."""
        return self.random.randint(least, most)

    def name(self, word: str) -> str:
        """Return a new name for a step."""
        self.number += 1
        return f"{word}{self.number}"

    def content(self, most: int = 4096) -> Content:
        """Return a content: mostly a short text, sometimes nothing, sometimes bytes of any kind."""
        kind = self.random.random()
        if kind < 0.06:
            return Content()
        text = f"{self.random.randrange(10**6)}".encode()
        if kind < 0.7:
            return Content(text)
        if kind < 0.73:
            return Content(self.one(MARKED) + text)
        if kind < 0.8:
            return Content(self.random.randbytes(self.between(1, 40)))
        return Content(text, self.one((1, 100, 1000, most)), self.between(1, 9))

    def keys(self, least: int = 2, most: int = 4) -> list[str]:
        """Return a few keys that every store takes, none of which is a folder of another."""
        return _no_folders(self.some(KEYS, least, most))

    def together(self, keys: Sequence[str]) -> list[str]:
        """Return the keys, each once, without those that the profile does not claim to hold beside the others."""
        several = list(dict.fromkeys(keys))
        return _no_folders(several) if "object-and-prefix" in self.profile.keys else several

    def sent(self, *, writes: bool = False, anew: float = 0.12) -> Sent:
        """Return the owner's way to send a request: mostly by a signed header."""
        if not self.chance(anew):
            return Sent()
        ways: list[Signing] = ["unsigned-payload"]
        if self.profile.can("auth") and self.profile.rules("clock-skew"):
            ways += ["late-clock", "early-clock"]
        if self.profile.can("presign"):
            ways.append("presigned")
        if writes:
            ways += [
                way
                for way in STREAMED
                if self.profile.can("streaming-unsigned" if way == "unsigned-trailer" else "streaming-signed")
            ]
        return Sent(signing=self.one(ways))

    def sending(self, step: OneStep, *, writes: bool = False) -> OneStep:
        """Return the step, sometimes sent in another way."""
        return replace(step, sent=self.sent(writes=writes))


def _no_folders(keys: Sequence[str]) -> list[str]:
    """Return the keys that are no folder of another one."""
    return [key for key in keys if not any(other.startswith(f"{key}/") for other in keys)]


def cases(name: str, make: Callable[[Draw], Sequence[Step]], profile: Profile) -> Choice[Case]:
    """Return cases of a property, whose steps a function makes of a seed."""

    def case(seed: int) -> Case:
        return Case(name, tuple(make(Draw(Random(seed), profile))))

    return integers(0, MOST_SEED).map(case)


def claimed_keys(profile: Profile) -> list[str]:
    """List the odd keys of the classes that a profile claims."""
    return [key for kind, several in ODD_KEYS.items() if kind not in profile.keys for key in several]
