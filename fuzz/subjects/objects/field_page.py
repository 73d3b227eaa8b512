"""Write the page of what is known to be wrong with an object store, with curl commands that show each finding."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fuzz.findings.case_files import Unreadable, steps_of
from fuzz.findings.field_page import PageManner, field_page
from fuzz.findings.known import UnusableKnown
from fuzz.findings.reported import Reported, reports_of
from fuzz.subjects.objects.lazy import bytes_of
from fuzz.subjects.objects.requests import Names, plain_request
from fuzz.subjects.objects.signing import Plain, escaped
from specs.objects import requirements
from specs.objects.profile import Profile
from specs.objects.steps import STAYS, Sent
from specs.objects.words import Memory

SETUP = """\
Start the store by `LAUNCH`, paste this once with its address and keys, and after it the commands of a finding. In what
is printed, … stands for what differs from run to run.

```sh
STORE=http://127.0.0.1:9000 KEY=asfuzz SECRET=asfuzz-secret
BUCKET=asfuzz-page-$$
s3() { anybody --aws-sigv4 aws:amz:us-east-1:s3 --user "$KEY:$SECRET" -H x-amz-content-sha256:UNSIGNED-PAYLOAD "$@"; }
anybody() { curl -sS --path-as-is "$@"; }
quietly() { "$@" -o /dev/null; }
shown() { "$@" -i | tr -d '\\r'; echo; }
header() { printf '%s\\n' "$came" | grep -i "^$1:" | cut -d' ' -f2-; }
element() { printf '%s\\n' "$came" | sed -n "s:.*<$1>\\([^<]*\\)</$1>.*:\\1:p"; }
told() {
  came=$("${@:2}" -i | tr -d '\\r')
  eval "modified_$1=\\$(header last-modified)"
  eval "etag_$1=\\$(header etag) version_$1=\\$(header x-amz-version-id) upload_$1=\\$(element UploadId)"
  eval "key_marker_$1=\\$(element NextKeyMarker) version_marker_$1=\\$(element NextVersionIdMarker)"
  eval "upload_marker_$1=\\$(element NextUploadIdMarker) token_$1=\\$(element NextContinuationToken)"
}
quietly s3 -X PUT "$STORE/$BUCKET"
```
"""
BUCKET = "BUCKET"
PLACE = "\0"


def read_steps(tables: Sequence[Mapping[str, Any]], where: str) -> tuple[Any, ...]:
    """Return the steps of a report, which are written as in case.json."""
    try:
        return steps_of("objects", tables)
    except Unreadable as error:
        raise UnusableKnown(f"{where}: {error}") from error


def reports(profile: Profile) -> tuple[Reported, ...]:
    """Return the reports of a profile's known issues; may raise UnusableKnown."""
    return reports_of(profile, read_steps)


def page(profile: Profile, found: Sequence[Reported]) -> Iterator[str]:
    """Yield the lines of the page."""
    launch = profile.launch.replace("{port}", "9000").replace("{folder}", "folder")
    launch = launch.replace("{access_key}", "asfuzz").replace("{secret_key}", "asfuzz-secret")
    yield from field_page(
        profile,
        found,
        PageManner(
            flags=f"--subject objects --profile {profile.name}",
            checked="AWS's reference, curl and the store's source",
            setup=SETUP.replace("LAUNCH", launch),
            recipe=lambda one: recipe(one, profile),
            requirements=requirements.load(),
        ),
    )


def recipe(one: Reported, profile: Profile) -> Iterator[str]:
    """Yield the commands that show a finding once the set-up has been pasted; the last one's answer is shown."""
    if one.by_hand:
        yield one.by_hand.strip()
    elif any(map(_is_beyond_curl, one.case.steps)):
        launch = shlex.quote(one.start or profile.launch)
        yield f"asfuzz report --subject objects --profile {profile.name} --check --only {one.id} --launch {launch}"
    else:
        yield from _commands(one)


def _is_beyond_curl(step: Any) -> bool:
    """Say whether curl cannot send a step as it is: by its signature, its bucket, or with others."""
    odd = step.sent not in (Sent(), Sent("anonymous")) or step.bucket != "a" or step.lane > 0
    content = getattr(step, "content", None)
    return odd or getattr(step, "leaves", STAYS) != STAYS or (content is not None and content.fill > 0)


class _Variables(dict[str, str]):
    """Gives for everything that an answer tells the shell variable that holds it, marked as one."""

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ARG002
        return f"{PLACE}{name.replace(' ', '_').replace('-', '_')}{PLACE}"


def _commands(one: Reported) -> Iterator[str]:
    names = Names("store", {"a": BUCKET, "b": BUCKET}, Memory(_Variables()), 0.0)
    for number, step in enumerate(one.case.steps):
        last = number == len(one.case.steps) - 1
        how = "shown" if last else f"told {step.called}" if step.called else "quietly"
        sender = "anybody" if step.sent.by == "anonymous" else "s3"
        yield f"{how} {sender} {_arguments(plain_request(step, names))}"


def _arguments(plain: Plain) -> str:
    """Return the arguments of curl that make a request; names in the query have a `=`, as curl signs them so."""
    words = ["-I"] if plain.method == "HEAD" else ["-X", plain.method]
    # The id of a version in the source of a copy is escaped; what stands for it here is a variable's name.
    headers = [(name, value.replace(escaped(PLACE), PLACE)) for name, value in plain.headers]
    words += [part for name, value in headers for part in ("-H", _quoted(f"{name}: {value}"))]
    if plain.body:
        # A body that has no type is a form to curl.
        words += (
            []
            if any(name.lower() == "content-type" for name, _ in plain.headers)
            else ["-H", "Content-Type:text/plain"]
        )
        words += ["--data-binary", _quoted(bytes_of(plain.body).decode("utf-8", "surrogateescape"))]
    path = escaped(plain.path.removeprefix(f"/{BUCKET}".encode()), slashes=True)
    query = "&".join(f"{escaped(name)}={_value(value)}" for name, value in sorted(plain.query))
    where = f'"$STORE/$BUCKET{path}{f"?{query}" if query else ""}"'
    return " ".join([*words, where])


def _value(value: str) -> str:
    """Return a query's value, escaped but for the variables in it."""
    parts = value.split(PLACE)
    return "".join(f"${{{part}}}" if number % 2 else escaped(part) for number, part in enumerate(parts))


def _quoted(text: str) -> str:
    """Return a text quoted for the shell, with the variables and the bucket outside the quotes."""
    text = shlex.quote(text.replace(BUCKET, f"{PLACE}{BUCKET}{PLACE}"))
    parts = text.split(PLACE)
    return "".join(f"'\"${part}\"'" if number % 2 else part for number, part in enumerate(parts))
