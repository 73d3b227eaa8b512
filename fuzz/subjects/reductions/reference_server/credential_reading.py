"""The store credentials that a request carries."""

import base64
import binascii
import re
from collections.abc import Mapping

from fuzz.subjects.reductions.reference_server.reduction import StoreCredentials
from fuzz.subjects.reductions.reference_server.refusal import Refusal

# An access key goes into a header of the request to the store: nothing in it may end that header.
ACCESS_KEY = re.compile(rb"[\x21-\x2b\x2d\x2e\x30-\x7e]+")


class CredentialReading:
    """HTTP Basic authorisation."""

    def read_credentials(self, headers: Mapping[str, str]) -> StoreCredentials | None:
        """Return the access key and secret in the Authorization header; None for anonymous access."""
        header = headers.get("authorization")
        if header is None:
            return None
        scheme, _, encoded = header.strip().partition(" ")
        if scheme.lower() != "basic":
            raise Refusal(401, "header Authorization: must use the Basic scheme")
        try:
            pair = base64.b64decode(encoded.strip().encode("latin-1"), validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise Refusal(401, "header Authorization: its credentials are not base64") from error
        access_key, colon, secret = pair.partition(b":")
        if not colon:
            raise Refusal(401, "header Authorization: its credentials have no colon")
        return self.make_credentials(access_key, secret)

    def make_credentials(self, access_key: bytes, secret: bytes) -> StoreCredentials:
        """Return credentials that can be passed on to a store."""
        if ACCESS_KEY.fullmatch(access_key) is None:
            raise Refusal(401, "header Authorization: no store has an access key like this")
        pair = base64.b64encode(access_key + b":" + secret).decode("ascii")
        return StoreCredentials(access_key.decode("ascii"), secret, f"Basic {pair}")
