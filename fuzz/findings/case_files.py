"""The format of case.json: a finding as readable JSON, its long bytes in data files beside it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import UnionType
from typing import Any, Final, get_args

import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.v import format_exception

from fuzz.errors import UsageError
from fuzz.findings.finding import Finding
from fuzz.findings.origin import Origin
from fuzz.registry import subject_of
from specs import rules
from specs.case import Case
from specs.fields import Fields
from specs.outcome import Outcome, Reply
from specs.violation import Violation

# Format 3 tells failures apart by ids; formats 1 and 2 did so by a text, their symptom.
FORMAT: Final = 3
OLDER_FORMATS: Final = (1, 2)
MOST_INLINE_BYTES: Final = 256
MOST_INLINE_TEXT_BYTES: Final = 4096
MOST_KEPT_BODY_BYTES: Final = 64 * 1024
LINE_LENGTH: Final = 110
_DATA_FILE = re.compile(r"[0-9a-f]{16}\.bin")


class Unreadable(ValueError):
    """A finding that cannot be read back; the text says where and why."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The text of case.json, and the data files that it names."""

    text: str
    data: Mapping[str, bytes]


def write(finding: Finding) -> CaseFile:
    """Return the files to store for a finding; bodies of answers are cut at `MOST_KEPT_BODY_BYTES`."""
    data: dict[str, bytes] = {}
    kept = replace(finding, outcomes=tuple(_cut(one) for one in finding.outcomes))
    table = {"format": FORMAT, **_bytes_out(_converter(finding.subject).unstructure(kept), data)}
    return CaseFile(laid_out(table) + "\n", data)


def finding_from(text: str, data: Callable[[str], bytes]) -> Finding:
    """Read a finding from its text; `data` reads a data file by name, or raises ValueError. Raises Unreadable."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {error}") from error
    if not isinstance(table, dict) or "format" not in table:
        raise Unreadable("no format number: not a finding of this suite")
    number = table.pop("format")
    if number not in (FORMAT, *OLDER_FORMATS):
        raise Unreadable(f"format {number!r}, and this suite reads formats 1 to {FORMAT}: use the suite that wrote it")
    if number in OLDER_FORMATS and isinstance(table.get("violation"), dict):
        older = subject_of("").older
        table["violation"] = table["violation"] if older is None else older.converted(table["violation"])
    try:
        return _converter(str(table.get("subject", ""))).structure(_files_in(table, data), Finding)
    except UsageError as error:
        raise Unreadable(str(error)) from error
    except (cattrs.BaseValidationError, cattrs.ForbiddenExtraKeysError) as error:
        raise Unreadable("; ".join(cattrs.transform_error(error, format_exception=_reason))) from error


def steps_of(subject: str, tables: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    """Return a subject's steps, written as in case.json; raises Unreadable."""
    try:
        return tuple(_converter(subject).structure(list(tables), tuple[_Step, ...]))
    except (cattrs.BaseValidationError, cattrs.ForbiddenExtraKeysError) as error:
        raise Unreadable("; ".join(cattrs.transform_error(error, format_exception=_reason))) from error


@cache
def _converter(name: str) -> cattrs.Converter:
    """Return the converter that writes and reads the findings about a subject.

    Bytes stay bytes on the way out, and come in as JSON or as what was read from a file.
    """
    subject = subject_of(name)
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(bytes, lambda data: data)
    converter.register_structure_hook(bytes, lambda value, _: _bytes_in(value))
    converter.register_unstructure_hook(Fields, _fields_out)
    converter.register_structure_hook(Fields, lambda value, _: _fields_in(value))
    broken = frozenset[rules.Rule]
    converter.register_unstructure_hook_func(
        lambda kind: kind == broken, lambda some: [rule.value for rule in rules.in_order(some)]
    )
    converter.register_structure_hook_func(
        lambda kind: kind == broken,
        lambda values, _: frozenset(converter.structure(one, subject.rules) for one in values),
    )
    write_step, read_step = _tagged(converter, subject.steps, "step")
    converter.register_structure_hook(_Step, read_step)
    _tag(converter, Outcome, "outcome")
    _register_cases(converter, write_step)
    unseen = override(omit=True)
    converter.register_unstructure_hook(
        Origin, make_dict_unstructure_fn(Origin, converter, _cattrs_omit_if_default=True)
    )
    # What came later to findings is written only where it says something, so that older ones stay as they are.
    said = override(omit_if_default=True)
    converter.register_unstructure_hook(Violation, make_dict_unstructure_fn(Violation, converter, besides=said))
    converter.register_unstructure_hook(
        Finding,
        make_dict_unstructure_fn(
            Finding,
            converter,
            seen=unseen,
            unproved=said,
            not_seen_with=said,
            reads_as=said,
            reads_also=said,
            covers=said,
            origin=said,
            last_words=said,
            subject=said,
        ),
    )
    converter.register_structure_hook(
        Finding, make_dict_structure_fn(Finding, converter, seen=unseen, _cattrs_forbid_extra_keys=True)
    )
    return converter


def _register_cases(converter: cattrs.Converter, write_step: Callable[[Any], Any]) -> None:
    steps = override(
        unstruct_hook=lambda value: [write_step(one) for one in value],
        struct_hook=lambda value, _: converter.structure(value, tuple[_Step, ...]),
    )
    together = override(omit_if_default=True)
    converter.register_unstructure_hook(Case, make_dict_unstructure_fn(Case, converter, steps=steps, together=together))
    converter.register_structure_hook(
        Case, make_dict_structure_fn(Case, converter, steps=steps, _cattrs_forbid_extra_keys=True)
    )


def _reason(error: BaseException, kind: type | None) -> str:
    """Say what is wrong with a value: in our words where we raised it, in cattrs' words where it did."""
    if type(error) in (ValueError, TypeError) and str(error):
        return str(error)
    return str(format_exception(error, kind))


def _bytes_out(value: Any, data: dict[str, bytes]) -> Any:
    """Put JSON in the place of bytes, and the long ones into `data`."""
    if isinstance(value, bytes):
        written = bytes_as_json(value)
        if "file" in written:
            data[written["file"]] = value
        return written
    if isinstance(value, dict):
        return {name: _bytes_out(one, data) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_bytes_out(one, data) for one in value]
    return value


def bytes_as_json(value: bytes) -> dict[str, str]:
    """Return bytes as text or digits, or as the name of the file that holds them."""
    if len(value) <= MOST_INLINE_TEXT_BYTES and (text := _as_text(value)) is not None:
        return {"text": text}
    if len(value) <= MOST_INLINE_BYTES:
        return {"hex": value.hex(" ", -4)}
    return {"file": data_name(value)}


def _files_in(value: Any, data: Callable[[str], bytes]) -> Any:
    """Put the contents in the place of the names of data files; a request's fields are left alone."""
    if isinstance(value, list):
        return [_files_in(one, data) for one in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["file"]:
        return _from_file(value["file"], data)
    return {name: one if name == "fields" else _files_in(one, data) for name, one in value.items()}


def _from_file(name: Any, data: Callable[[str], bytes]) -> bytes | ValueError:
    """Return the contents of a file, or the reason why there are none, which is told later with its place."""
    if not isinstance(name, str) or not _DATA_FILE.fullmatch(name):
        return ValueError(f"{name!r:.80} is not the name of a data file")
    try:
        content = data(name)
    except ValueError as error:
        return error
    if data_name(content) != name:
        return ValueError(f"data/{name} does not hold what its name says: it was damaged or edited")
    return content


def _bytes_in(value: Any) -> bytes:
    match value:
        case bytes():
            return value
        case ValueError():
            raise value
        case {"text": str(text), **rest} if not rest:
            return text.encode()
        case {"hex": str(digits), **rest} if not rest:
            return bytes.fromhex(digits)
    raise ValueError(f"bytes are {{'text': …}}, {{'hex': …}} or {{'file': …}}, not {value!r:.80}")


def data_name(data: bytes) -> str:
    """Return the name of the file that holds these bytes."""
    return f"{hashlib.sha256(data).hexdigest()[:16]}.bin"


def laid_out(value: Any, indent: str = "", line_length: int = LINE_LENGTH) -> str:
    """Return JSON in which whatever fits into a line is one."""
    line = _dumped(value)
    if len(indent) + len(line) <= line_length or not isinstance(value, dict | list | tuple) or not value:
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{_dumped(name)}: {laid_out(one, inner, line_length)}" for name, one in value.items()]
        opening, closing = "{", "}"
    else:
        parts = [laid_out(one, inner, line_length) for one in value]
        opening, closing = "[", "]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closing}"


def _dumped(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    # A lone surrogate has no UTF-8, an escape it has.
    return text if text.isascii() or not re.search("[\ud800-\udfff]", text) else json.dumps(value)


def _as_text(data: bytes) -> str | None:
    """Return the bytes as text if a person can read it; otherwise None."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    readable = all(letter.isprintable() or letter in "\r\n\t" for letter in text)
    return text if readable else None


def _fields_out(value: Fields) -> Any:
    """Return the fields as they are, or as text where they hold what JSON has no word for (NaN, infinities)."""
    try:
        json.dumps(dict(value), allow_nan=False)
    except ValueError:
        return value.text
    return dict(value)


def _fields_in(value: Any) -> Fields:
    table = json.loads(value) if isinstance(value, str) else value
    if not isinstance(table, dict):
        raise TypeError(f"fields are a JSON object, not {value!r:.80}")
    return Fields(table)


def _cut(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Reply) and len(outcome.body) > MOST_KEPT_BODY_BYTES:
        return replace(outcome, body=outcome.body[:MOST_KEPT_BODY_BYTES])
    return outcome


def tag_of(kind: type) -> str:
    """Return the name of a step or an outcome in JSON: PutAgain is put-again."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.__name__).lower()


class _Step:
    """Stands for whatever a step of the subject is."""


def _left_out(kind: type) -> dict[str, Any]:
    """Map the fields that were added to a step later to their defaults.

    A default is not written, so older cases stay as they are.
    """
    return {name: override(omit_if_default=True) for name in getattr(kind, "came_later", ())}


def _tagged(
    converter: cattrs.Converter, kinds: Sequence[type], key: str
) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
    """Return functions that write and read values of several dataclasses, each with its name under `key`."""
    members = {tag_of(one): one for one in kinds}
    writers: dict[type, Callable[[Any], Any]] = {
        one: make_dict_unstructure_fn(one, converter, **_left_out(one)) for one in members.values()
    }
    readers: dict[str, Callable[[Any, Any], Any]] = {
        tag: make_dict_structure_fn(one, converter, _cattrs_forbid_extra_keys=True) for tag, one in members.items()
    }

    def write(value: Any) -> Any:
        return {key: tag_of(type(value)), **writers[type(value)](value)}

    def read(value: Any, _: Any) -> Any:
        if not isinstance(value, dict) or value.get(key) not in members:
            raise ValueError(f"{key} must be one of {', '.join(members)}; found {value!r:.80}")
        tag = value[key]
        return readers[tag]({name: one for name, one in value.items() if name != key}, members[tag])

    return write, read


def _tag(converter: cattrs.Converter, union: UnionType, key: str) -> None:
    """Have each member of a union of dataclasses, or None, written with its name under `key`, and read by it."""
    write, read = _tagged(converter, [one for one in get_args(union) if one is not type(None)], key)
    converter.register_unstructure_hook(union, lambda value: None if value is None else write(value))
    converter.register_structure_hook(union, lambda value, kind: None if value is None else read(value, kind))
