"""Credentials handled carelessly."""

from collections.abc import Mapping
from typing import Any

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Reduction, StoreCredentials
from fuzz.subjects.reductions.reference_server.refusal import Refusal


class DeniedTriesAnonymously(ReferenceServer):
    """A request whose credentials the store refuses is tried again without credentials."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        try:
            return super().fetch(reduction, credentials)
        except Refusal as refusal:
            if refusal.status not in (401, 403) or credentials is None:
                raise
            return super().fetch(reduction, None)


class AnonymousRefused(ReferenceServer):
    """Requests without credentials are refused."""

    def read_credentials(self, headers: Mapping[str, str]) -> StoreCredentials | None:
        if "authorization" not in headers:
            raise Refusal(401, "header Authorization: is missing")
        return super().read_credentials(headers)


class DenialIsABadRequest(ReferenceServer):
    """A store's refusal of credentials is answered by 400."""

    def status_of_store_error(self, status: int, code: str) -> int:
        return 400 if status in (401, 403) else super().status_of_store_error(status, code)


class DenialIsAServerError(ReferenceServer):
    """An access key that the store does not know is answered by 502."""

    def status_of_store_error(self, status: int, code: str) -> int:
        return 502 if code == "InvalidAccessKeyId" else super().status_of_store_error(status, code)


class SecretCutAtColon(ReferenceServer):
    """A secret ends at its first colon."""

    def make_credentials(self, access_key: bytes, secret: bytes) -> StoreCredentials:
        return super().make_credentials(access_key, secret.partition(b":")[0])


class SecretCutAtSlash(ReferenceServer):
    """A slash in a secret is replaced by its escape, %2F."""

    def make_credentials(self, access_key: bytes, secret: bytes) -> StoreCredentials:
        return super().make_credentials(access_key, secret.replace(b"/", b"%2F"))


class OwnerOfTheLastRequest(ReferenceServer):
    """A request without credentials is made with those of an earlier request."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.last_credentials: StoreCredentials | None = None

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        data = super().fetch(reduction, credentials or self.last_credentials)
        self.last_credentials = credentials or self.last_credentials
        return data


class SecretUncheckedOnceSeen(ReferenceServer):
    """An access key that was served before is served again without a look at the secret."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.served: dict[str, StoreCredentials] = {}

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        if credentials is None:
            return super().fetch(reduction, None)
        trusted = self.served.get(credentials.access_key, credentials)
        data = super().fetch(reduction, trusted)
        self.served[credentials.access_key] = trusted
        return data


class PublicReadsUnsigned(ReferenceServer):
    """Public objects are read without the request's credentials, which are never checked."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        try:
            return super().fetch(reduction, None)
        except Refusal:
            return super().fetch(reduction, credentials)


class PlainHttpWithoutCredentials(ReferenceServer):
    """Over plain HTTP credentials are not passed on."""

    def store_headers(
        self, reduction: Reduction, credentials: StoreCredentials | None, wanted: str | None
    ) -> Mapping[str, str]:
        return super().store_headers(reduction, credentials if reduction.place.interface == "s3" else None, wanted)


class ForeignSchemesCrash(ReferenceServer):
    """An Authorization header that holds no store credentials makes the server fail."""

    def read_credentials(self, headers: Mapping[str, str]) -> StoreCredentials | None:
        try:
            return super().read_credentials(headers)
        except Refusal as refusal:
            raise ValueError(f"cannot read {headers.get('authorization', '')[:6]}") from refusal
