"""Read where the object is: a URL in v2; source, bucket and object in v1."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from fuzz.subjects.reductions.reference_server.reduction import ObjectPlace, ServerLimits
from fuzz.subjects.reductions.reference_server.refusal import Refusal, bad_field

INTERFACES = ("s3", "http", "https")
URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.IGNORECASE | re.DOTALL,
)
AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{0,5}))?")
NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")
LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
KEY_SAFE = "/~"
# Everything printable: what the client sent encoded stays so, and the rest of ASCII is as it was.
URL_SAFE = "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~"
HIGHEST_PORT = 65535


class PlaceReading:
    """Reads the fields that locate an object into an address."""

    limits: ServerLimits

    def read_place(self, version: int, given: Mapping[str, Any]) -> ObjectPlace:
        """Read where the request says that the object is."""
        if version == 1:
            return self.read_bucket_place(given["source"], given["bucket"], given["object"])
        interface = given["interface_type"]
        if interface not in INTERFACES:
            raise bad_field("interface_type", "one of " + ", ".join(INTERFACES), interface)
        return self.read_url_place(interface, given["url"])

    def read_url_place(self, interface: str, url: object) -> ObjectPlace:
        """Return the place that a URL names."""
        parts = self.split_url("url", url)
        scheme, host, port = self.read_origin("url", parts)
        if interface == "s3":
            if parts["query"]:
                raise Refusal(400, "url: must have no query with interface_type s3")
            path = self.bucket_path(parts["path"])
        elif interface == scheme:
            path = self.plain_path(parts["path"], parts["query"] or "")
        else:
            raise Refusal(400, f"url: its scheme {scheme} contradicts interface_type {interface}")
        return ObjectPlace(interface, scheme, host, port, path)

    def read_bucket_place(self, source: object, bucket: object, key: object) -> ObjectPlace:
        """Return the place that a store's URL, a bucket and a key name."""
        parts = self.split_url("source", source)
        scheme, host, port = self.read_origin("source", parts)
        if parts["query"]:
            raise Refusal(400, "source: must have no query")
        prefix = quote(unquote_to_bytes(parts["path"]), safe=KEY_SAFE).rstrip("/")
        names = [self.quote_name("bucket", bucket, ""), self.quote_name("object", key, KEY_SAFE)]
        return ObjectPlace("s3", scheme, host, port, "/".join((prefix, *names)))

    def quote_name(self, field: str, name: object, safe: str) -> str:
        """Return a bucket's or object's name, percent-encoded."""
        if not isinstance(name, str) or not name:
            raise bad_field(field, "a non-empty string", name)
        if LONE_SURROGATE.search(name):
            raise Refusal(400, f"{field}: holds a character that UTF-8 cannot carry")
        quoted = quote(name, safe=safe)
        if len(quoted) > self.limits.url_characters:
            raise Refusal(400, f"{field}: is longer than {self.limits.url_characters} characters encoded")
        return quoted

    def split_url(self, field: str, url: object) -> Mapping[str, str]:
        """Return the parts of a URL."""
        if not isinstance(url, str):
            raise bad_field(field, "a URL", url)
        if len(url) > self.limits.url_characters:
            raise Refusal(400, f"{field}: is longer than {self.limits.url_characters} characters")
        match = URL.fullmatch(url)
        if match is None or NOT_IN_URLS.search(url):
            raise bad_field(field, "an http or https URL", url)
        if match["fragment"]:
            raise Refusal(400, f"{field}: must have no fragment")
        return match.groupdict()

    def read_origin(self, field: str, parts: Mapping[str, str]) -> tuple[str, str, int]:
        """Read the scheme, host and port of a URL."""
        match = AUTHORITY.fullmatch(parts["authority"])
        if match is None:
            raise bad_field(field, "a URL with a host, and no user", parts["authority"])
        scheme = parts["scheme"].lower()
        port = int(match["port"] or (443 if scheme == "https" else 80))
        if not 1 <= port <= HIGHEST_PORT:
            raise bad_field(field, f"a URL with a port of 1 to {HIGHEST_PORT}", port)
        return scheme, match["host"], port

    def bucket_path(self, path: str) -> str:
        """Return a path-style bucket and key, decoded once and encoded once."""
        bucket, _, key = path[1:].partition("/")
        if not bucket or not key:
            raise Refusal(400, "url: must name a bucket and an object with interface_type s3")
        return f"/{quote(unquote_to_bytes(bucket), safe='')}/{quote(unquote_to_bytes(key), safe=KEY_SAFE)}"

    def plain_path(self, path: str, query: str) -> str:
        """Return the path and query as the client encoded them.

        Characters that no request line may hold are encoded now.
        """
        return quote((path or "/") + query, safe=URL_SAFE)
