"""Write the curl.sh of a finding about an object store: send each request by curl, and compare the last answer."""

from __future__ import annotations

import shlex
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from fuzz.findings.finding import Finding
from fuzz.subjects.objects.picture import due_told
from fuzz.subjects.objects.scripts.due import DueAnswer, Fact, Statuses, before_due
from fuzz.subjects.objects.scripts.marked import Piece, Place, Request, buckets, pieces
from fuzz.subjects.objects.scripts.python_script import ELEMENTS, HEADERS, MOST_BODY, variable
from fuzz.subjects.objects.scripts.unusual import is_unusual
from fuzz.subjects.objects.signing import escaped
from specs.objects.content import Content
from specs.objects.model.judging import FIRST_BUCKETS
from specs.objects.profile import Profile
from specs.outcome import NoReply

_HEAD: Final = r"""#!/bin/sh
# TITLE
#
# export STORE_URL=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…SECOND
# sh curl.sh    # exits with 1: the bug is there, 0: it is fixed, 3: the store cannot be used; its buckets stay
: "${STORE_URL:?}" "${AWS_ACCESS_KEY_ID:?}" "${AWS_SECRET_ACCESS_KEY:?}"
STORE=${STORE_URL%/} RUN=$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n') DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT

anybody() { # NUMBER and curl's own arguments
    number=$1; shift
    : >"$DIR/$number.head"; : >"$DIR/$number.body"
    status=$(curl -sS --path-as-is -m 60 -D "$DIR/$number.head" -o "$DIR/$number.body" -w '%{http_code}' "$@") ||
        status=000
    for last; do :; done
    printf '%s  %s\n' "$last" "$status"; tr -d '\r' <"$DIR/$number.head"; head -c 300 "$DIR/$number.body"; echo
}
signed_by() { # KEY:SECRET, NUMBER and curl's own arguments
    user=$1 at=$2; shift 2
    anybody "$at" --aws-sigv4 aws:amz:us-east-1:s3 --user "$user" -H x-amz-content-sha256:UNSIGNED-PAYLOAD "$@"
}
signed() { signed_by "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "$@"; }
before() { [ "${status%??}" = "$1" ] || { echo "this was answered otherwise when the bug was found"; exit 3; }; }
"""
_HEADER: Final = r"""header() { tr -d '\r' <"$DIR/$1.head" | grep -i "^$2:" | head -n 1 | cut -d: -f2- | sed 's/^ //'; }
"""
_TEXTS: Final = r"""texts() { # NUMBER, element, and the element around it if there is one
    tr '\n' ' ' <"$DIR/$1.body" | if [ -n "$3" ]; then sed "s:<$3>:\n&:g; s:</$3>:&\n:g" | grep "^<$3>"; else cat; fi |
        grep -o "<$2>[^<]*</$2>" |
        sed 's/<[^>]*>//g; s:%2F:/:g; s/&quot;/"/g; s/&#34;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
}
"""
_ESCAPED: Final = r"""escaped() {
    printf %s "$1" | sed 's/%/%25/g; s/+/%2B/g; s:/:%2F:g; s/=/%3D/g; s/&/%26/g; s/"/%22/g'
}
"""
_DATED: Final = r"""dated() { LC_ALL=C date -u -d "@$(($(date +%s) + $1))" '+%a, %d %b %Y %H:%M:%S GMT'; }
"""
USERS: Final = {
    "owner": "signed",
    "anonymous": "anybody",
    "second": 'signed_by "$SECOND_ACCESS_KEY_ID:$SECOND_SECRET_ACCESS_KEY"',
    "unknown": "signed_by UNKNOWN:unknown",
    "wrong-secret": 'signed_by "$AWS_ACCESS_KEY_ID:wrong"',
}


def curl_script(finding: Finding, sent: Sequence[Request], due: DueAnswer, profile: Profile) -> str | None:
    """Return the script, or None where curl cannot send a request or the shell cannot compare the answer."""
    if any(map(_is_beyond, sent)) or not all(_is_comparable(fact) for fact in due.facts):
        return None
    *earlier, last = sent
    named = buckets([one.step for one in sent])
    made = [f"{variable(name)}=repro-{name.lower()}-$RUN" for name in named]
    for at, name in enumerate((one for one in named if one in FIRST_BUCKETS), 1):
        made += [f'signed b{at} -X PUT "$STORE/${{{variable(name)}}}"', "before 2"]
    for one in earlier:
        made += [_command(one), *(f"before {due}" for due in before_due(one, finding, profile))]
    made += [_command(last), *_compared(finding, due, last.number)]
    text = "\n".join(made)
    functions = (("header ", _HEADER), ("texts ", _TEXTS), ("escaped ", _ESCAPED), ("dated ", _DATED))
    title = "".join(letter if letter.isprintable() else "?" for letter in finding.violation.title)
    second = " SECOND_ACCESS_KEY_ID=… SECOND_SECRET_ACCESS_KEY=…" if "SECOND_" in text else ""
    head = _HEAD.replace("TITLE", title).replace("…SECOND", f"…{second}")
    return head + "".join(body for name, body in functions if f"$({name}" in text) + "\n" + text + "\n"


def _is_beyond(one: Request) -> bool:
    """Say whether curl does not send a request as it is: its body is long or no text, or it has odd characters."""
    content = getattr(one.step, "content", None)
    words = [*_texts(one.target), *_texts(one.body), *(word for _, value in one.headers for word in _texts(value))]
    return (
        is_unusual(one)
        or (isinstance(content, Content) and content.fill > 0)
        or not all(word.isascii() and (word.isprintable() or not set(word) - PRINTABLE) for word in words)
        or any(isinstance(piece, Place) and piece.word in ("marker", "key-marker") for piece in one.target)
    )


KEYS: Final = ("Key", "Prefix")
PLAIN: Final = frozenset(f"{string.ascii_letters}{string.digits}-_./")
STORE: Final = Place("store", "")
PRINTABLE: Final = frozenset(map(chr, range(32, 127))) | {"\n"}


def _texts(pieces: Sequence[Piece]) -> Iterator[str]:
    return (piece for piece in pieces if isinstance(piece, str))


def _is_comparable(fact: Fact) -> bool:
    if isinstance(fact.due, tuple):
        # The shell decodes no escapes of a listing but those of slashes.
        return all(set(one) <= PLAIN if fact.name.endswith(KEYS) else one.isprintable() for one in fact.due)
    if isinstance(fact.due, bytes):
        return len(fact.due) <= MOST_BODY
    return fact.due is None or (fact.due.isascii() and fact.due.isprintable())


def _command(one: Request) -> str:
    words = ["-I"] if one.method == "HEAD" else ["-X", one.method]
    for name, value in one.headers:
        # curl takes "Name:" for a header to be left out, and "Name;" for one without a value.
        words += ["-H", f"'{name};'" if not value else quoted((f"{name}: ", *value))]
    if one.body:
        # A body that has no type is a form to curl.
        typed = any(name.lower() == "content-type" for name, _ in one.headers)
        words += [*([] if typed else ["-H", "Content-Type:text/plain"]), "--data-binary", quoted(one.body)]
    return f"{USERS[one.step.sent.by]} {one.number} {' '.join(words)} {quoted((STORE, *_target(one)))}"


def _target(one: Request) -> tuple[Piece, ...]:
    """Return a target with a sorted query in which each name has a `=`, as curl signs it so."""
    query = "&".join(f"{escaped(name)}={escaped(value)}" for name, value in sorted(one.plain.query))
    return pieces(escaped(one.plain.path, slashes=True) + (f"?{query}" if query else ""))


def quoted(text: Sequence[Piece]) -> str:
    """Return a text as a word of the shell: in double quotes where places are filled in."""
    if all(isinstance(piece, str) for piece in text):
        return shlex.quote("".join(map(str, text)))
    special = str.maketrans({letter: f"\\{letter}" for letter in '\\"$`'})
    return '"' + "".join(one.translate(special) if isinstance(one, str) else filled(one) for one in text) + '"'


def filled(place: Place) -> str:
    """Return what a place is filled with, as the shell has it between double quotes."""
    if place.word == "bucket":
        return f"${{{variable(place.name)}}}"
    if place is STORE:
        return "$STORE"
    if place.word == "now":
        return f"$(dated {float(place.name):.0f})"
    if place.word in ELEMENTS:
        told = f"$(texts {place.name} {ELEMENTS[place.word]} | head -n 1)"
    else:
        told = f"$(header {place.name} {HEADERS[place.word]})"
    return f'$(escaped "{told}")' if place.escaped else told


def _compared(finding: Finding, due: DueAnswer, number: int) -> Iterator[str]:
    """Yield the lines that compare the last answer with what is due, and end the script."""
    if not isinstance(finding.outcomes[number - 1], NoReply):
        yield '[ "$status" != 000 ] || { echo "the store does not answer"; exit 3; }'
    yield 'case $status in 429|503) echo "the store asks to come again later"; exit 3;; esac'
    yield f"echo expected {shlex.quote(due_told(finding))}"
    right = admitted(due.statuses)
    if due.facts:
        facts = " && ".join(FACTS[fact.kind](fact, number) for fact in due.facts)
        yield "case $status in"
        yield f"    {due.compared}) {facts} ;;"
        yield from [] if right == str(due.compared) else [f"    {right}) true ;;"]
        yield "    *) false ;;"
        yield "esac"
    else:
        yield f"case $status in {right}) true ;; *) false ;; esac"
    yield 'if [ $? = 0 ]; then echo "now      right"; else echo "now      wrong"; exit 1; fi'


def admitted(statuses: Statuses) -> str:
    """Return the pattern of the shell that these statuses fit."""
    return "|".join(str(low) if low == high else {100: "[1-4]??", 400: "4??"}[low] for low, high in statuses)


def _of_body(fact: Fact, number: int) -> str:
    assert isinstance(fact.due, bytes)
    octal = "".join(f"\\{byte:03o}" for byte in fact.due)
    return f"printf '{octal}' | cmp -s - \"$DIR/{number}.body\""


def _of_texts(fact: Fact, number: int) -> str:
    assert isinstance(fact.due, tuple)
    entry, _, name = fact.name.rpartition("/")
    lines = "\n".join(fact.due)
    return f'[ "$(texts {number} {name}{f" {entry}" if entry else ""})" = {shlex.quote(lines)} ]'


FACTS: Final[Mapping[str, Callable[[Fact, int], str]]] = {
    "header": lambda fact, number: f'[ "$(header {number} {fact.name})" = {shlex.quote(str(fact.due or ""))} ]',
    "body": _of_body,
    "texts": _of_texts,
    "code": lambda fact, number: f'grep -q "<Code>{fact.due!s}</Code>" "$DIR/{number}.body"',
    "other-body": lambda fact, number: f"! {_of_body(fact, number)}",
    "no-document": lambda fact, number: f'! grep -q "<{fact.name}" "$DIR/{number}.body"',
    "error": lambda _fact, number: " && ".join(
        f"grep -q '{one}' \"$DIR/{number}.body\"" for one in ("<Error", "<Code>[^<]", "</Error>")
    ),
    "document": lambda fact, number: f'grep -q "<{fact.name}" "$DIR/{number}.body"',
    "as-told": lambda fact, number: f'[ "$(header {number} {fact.due!s})" = "$(header {fact.name} {fact.due!s})" ]',
}
