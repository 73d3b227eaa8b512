"""Profiles of object stores say what one store claims, and which rulings it is held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from specs import profile
from specs.objects.checksums import KINDS
from specs.profile import UnusableProfile, did_you_mean

CAPABILITIES = (
    "auth", "presign", "streaming-signed", "streaming-unsigned", "second-account", "policy", "tagging", "versioning",
    "virtual-host", "browser-post", "multipart", "part-copy", "get-part", "list-parts", "conditional-read",
    "conditional-put", "conditional-complete", "conditional-copy", "conditional-copy-target", "conditional-delete",
    "encoding-type", "durable",
)  # fmt: skip
RULINGS = (
    "codes", "etag-md5", "etag-multipart", "etag-everywhere", "last-modified", "precedence", "one-winner", "clock-skew",
    "presign-life", "payload-hash", "unsigned-amz-headers", "foreign-authorization", "aws-chunked-name", "key-limit",
    "bucket-names", "bucket-again", "page-limit", "max-keys-invalid", "short-pages", "batch-limit", "quiet",
    "part-size", "part-numbers", "part-order", "unlisted-parts", "complete-again", "failed-complete", "put-limit",
    "object-limit", "self-copy", "sub-resources", "consistency", "settings-delay", "settle", "interrupted",
)  # fmt: skip
KEY_CLASSES = (
    "empty-segment", "dot-segment", "leading-slash", "trailing-slash", "long-segment", "object-and-prefix", "control",
)  # fmt: skip
NOT_BY_DEFAULT = ("virtual-host", "browser-post", "durable")
MOST_PART_BYTES = 5 * 2**30


@dataclass(frozen=True, slots=True)
class Profile(profile.Profile):
    """The claims of one object store."""

    api: str = "s3"
    capabilities: tuple[str, ...] = tuple(one for one in CAPABILITIES if one not in NOT_BY_DEFAULT)
    digests: tuple[str, ...] = KINDS
    delimiter: Literal["any", "/"] = "any"
    list_uploads: Literal["full", "by-key", "no"] = "full"
    # The classes of keys that the store does not claim.
    keys: tuple[str, ...] = ()
    least_part_bytes: int = 5 * 2**20

    def can(self, capability: str) -> bool:
        """Say whether the store claims a capability."""
        return capability in self.capabilities


_DOMAINS = {"capabilities": CAPABILITIES, "digests": KINDS, "keys": KEY_CLASSES, "rulings_off": RULINGS}


def from_table(table: Mapping[str, Any], where: str) -> Profile:
    """Return the profile in a parsed TOML document, after a check of every key and value.

    `lacks` lists capabilities that the store has not, of those that stores have by default.
    """
    hints = get_type_hints(Profile)
    names = [*(one.name for one in fields(Profile)), "lacks"]
    for name in table:
        if name not in names:
            raise UnusableProfile(f"{where}: {name!r} is not a profile's key.{did_you_mean(name, names)}")
    if "name" not in table:
        raise UnusableProfile(f"{where}: a profile needs a name, as in: name = 'my-store'")
    values = {name: _checked(name, value, hints[name], where) for name, value in table.items() if name != "lacks"}
    lacks = _of_domain("lacks", table.get("lacks", []), CAPABILITIES, where)
    able = values.get("capabilities", Profile("").capabilities)
    return Profile(**{**values, "capabilities": tuple(one for one in able if one not in lacks)})


def _checked(name: str, value: Any, hint: Any, where: str) -> Any:
    if get_origin(hint) is tuple:
        return _of_domain(name, value, _DOMAINS.get(name), where)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise UnusableProfile(f"{where}: {name} must be one of {list(get_args(hint))}, not {value!r}")
    elif not isinstance(value, hint):
        raise UnusableProfile(f"{where}: {name} must be a {hint.__name__}, not {value!r}")
    return value


def _of_domain(name: str, value: Any, domain: tuple[str, ...] | None, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise UnusableProfile(f"{where}: {name} must be a list, not {value!r}")
    for one in value:
        if domain is not None and one not in domain:
            raise UnusableProfile(f"{where}: {name} cannot hold {one!r}.{did_you_mean(str(one), domain)}")
    return tuple(value)


def shipped() -> tuple[str, ...]:
    """List the names of the profiles that come with the suite."""
    return profile.shipped_in("specs.objects")


@cache
def load(name: str) -> Profile:
    """Load a shipped profile by name; raises UnusableProfile."""
    return parsed(profile.shipped_text("specs.objects", name), f"{name}.toml")


def parsed(text: str, where: str) -> Profile:
    """Return the profile that a TOML text holds; raises UnusableProfile."""
    return profile.table_of(text, where, from_table)
