"""Draw object keys: every legal character, percent-escapes, slashes, other scripts, the longest."""

from __future__ import annotations

from strategies.drawing import Choice, lists, one_of, sampled_from, text

LONGEST_BYTES = 950
PLAIN = ("a", "data", "b.nc")
CHARACTERS = "aBZ09-_.~ +%?#&=;:@$!'()*,\"<>|[]{}^`\\éß日本語я🌍"
WORDS = (
    "a", "chunk 0.0", "a+b", "100%", "a%20b", "a%2Fb", "%", "%zz", "a?b", "a#b", "a&b=c", "a;b", "c:d", "u@h",
    "(1)", "it's", 'say "so"', "a<b>c", "a|b", "[0]", "{0}", "a^b", "a`b", "back\\slash", "~a", "a,b", "$1", "a!*",
    "Data.NC", "UPPER lower", "a%25b", "%2B", "A+B", "%61",
    "é", "e\u0301", "日本語", "данные", "🌍", "عربى", "...", ".hidden", "-a", "a=", "null", "index.html",
)  # fmt: skip
# Different keys that look the same to a server that decodes twice, does not decode, or replaces odd characters.
LOOKALIKES = (
    ("a b", "a_20b", "a%20b"), ("a+b", "a b", "a%2Bb"), ("a%", "a_", "a%25"), ("Ab", "aB", "ab"),
    ("é", "e\u0301", "e"), ("a?b", "a", "a%3Fb"), ("a#b", "a", "a%23b"), ("a;b", "a", "a:b"),
    ("a-None-None", "a", "a-0-None"), ("a/b", "a%2Fb", "a_b"), ("a ", "a", " a"), ("1", "01", "1.0"),
)  # fmt: skip


def keys(*, exotic: bool = True) -> Choice[str]:
    """Draw keys that an object store takes and that a URL can name; no empty, `.` or `..` parts."""
    if not exotic:
        return sampled_from(PLAIN)
    parts = one_of(
        sampled_from(WORDS),
        text(CHARACTERS, min_size=1, max_size=8).filter(lambda part: part not in (".", "..")),
    )
    paths = lists(parts, min_size=1, max_size=4).map("/".join)
    longest = sampled_from(("x", "é", "%", "a/")).map(_longest)
    return one_of(sampled_from(PLAIN), paths, paths, paths, longest)


def _longest(unit: str) -> str:
    times = (LONGEST_BYTES - 1) // len(unit.encode())
    return unit * times + "z"
