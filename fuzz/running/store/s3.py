"""Reach any S3 store by boto3: MinIO, versitygw, Ceph, AWS."""

import atexit
import contextlib
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from fuzz.running.store.protocol import (
    OWNER,
    STRANGER,
    Buckets,
    Credentials,
    StoreError,
    Unstorable,
    impostors,
    new_run,
    no_interface,
    object_url,
)
from specs.manners import WELL

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedMultipartUploadTypeDef, CompletedPartTypeDef

PROBE_KEY = "anonymous-read-probe"
SWEEP_KEYS = 1000
KEYS_REFUSED = frozenset(
    {
        "DirectoryObjectContainsData", "ExistingObjectIsDirectory", "InvalidObjectName", "KeyTooLong",
        "KeyTooLongError", "ObjectParentIsFile", "XMinioInvalidObjectName", "XMinioInvalidResourceName",
        "XMinioObjectExistsAsDirectory", "XMinioParentIsObject",
    }
)  # fmt: skip
HINTS: Mapping[str, str] = {
    "InvalidAccessKeyId": "check the access key",
    "SignatureDoesNotMatch": "check the secret",
    "AccessDenied": "the user must be allowed to create buckets, put, list and delete",
    "Forbidden": "the user must be allowed to create buckets, put, list and delete",
    "TooManyBuckets": "remove buckets that killed runs have left",
    "IllegalLocationConstraintException": "check the region",
    "AuthorizationHeaderMalformed": "check the region",
}


@dataclass(frozen=True, slots=True)
class S3Options:
    """The options by which the store is reached."""

    region: str = "us-east-1"
    verify_tls: bool | str = True
    connect_seconds: float = 5.0
    read_seconds: float = 20.0
    attempts: int = 3


class S3Store:
    """Two buckets made for one run in an existing store; close() removes them."""

    verifies_signatures = True
    misserves = False

    def __init__(
        self,
        url: str,
        owner: Credentials,
        *,
        stranger: Credentials | None = None,
        options: S3Options | None = None,
        prefix: str = "asfuzz",
        run: str | None = None,
        advertise_url: str | None = None,
        plain_url: str | None = None,
    ) -> None:
        """Make the buckets; `advertise_url` is the store's URL as the server under test reaches it, if it differs.

        `plain_url` is the URL of a web server with the same objects, the private ones by Basic authentication.
        """
        self._url = url.rstrip("/")
        self._options = options or S3Options()
        self.s3_url = (advertise_url or self._url).rstrip("/")
        self.buckets = Buckets.of_run(prefix, run or new_run())
        known = {OWNER: owner} if stranger is None else {OWNER: owner, STRANGER: stranger}
        self.credentials: Mapping[str, Credentials] = {**known, **impostors(owner)}
        self._session = boto3.session.Session()
        self._client = s3_client(self._url, owner, self._options, self._session)
        self._created: list[str] = []
        self._by_acl = False
        # Registered first: an interrupt between two buckets must not leave the first behind.
        atexit.register(self.close)
        try:
            self._create(self.buckets.private)
            self._create(self.buckets.public)
            self.public_readable = self._open_to_all(self.buckets.public)
            if plain_url is not None:
                self._check_plain(plain_url, owner)
        except BaseException:
            with contextlib.suppress(StoreError):
                self.close()
            raise
        self.basic_auth = plain_url is not None
        self.http_url: str | None = plain_url or (self.s3_url if self.public_readable else None)
        self.interfaces = frozenset({"s3", *([urlsplit(self.http_url).scheme.lower()] if self.http_url else [])})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, bucket: str, key: str, data: bytes, served: str = WELL) -> None:
        """Store an object in the `private` or the `public` bucket; this store cannot serve objects badly."""
        if served != WELL:
            raise Unstorable(f"the store at {self._url} serves objects as it does; {served!r} takes the one in memory")
        name = self.buckets[bucket]
        with self._told(f"put {key!r} into {name!r}"), _object_refused(key):
            if self._by_acl and bucket == "public":
                self._client.put_object(Bucket=name, Key=key, Body=data, ACL="public-read")
            else:
                self._client.put_object(Bucket=name, Key=key, Body=data)

    def put_in_parts(self, bucket: str, key: str, data: bytes) -> None:
        """Store an object by an upload of one part that is completed."""
        name = self.buckets[bucket]
        if self._by_acl and bucket == "public":
            self.put(bucket, key, data)
            return
        with self._told(f"put {key!r} into {name!r} in parts"), _object_refused(key):
            upload = self._client.create_multipart_upload(Bucket=name, Key=key)["UploadId"]
            sent = self._client.upload_part(Bucket=name, Key=key, UploadId=upload, PartNumber=1, Body=data)
            part: CompletedPartTypeDef = {"PartNumber": 1, "ETag": sent["ETag"]}
            listed: CompletedMultipartUploadTypeDef = {"Parts": [part]}
            self._client.complete_multipart_upload(Bucket=name, Key=key, UploadId=upload, MultipartUpload=listed)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; a missing object is no error."""
        name = self.buckets[bucket]
        with self._told(f"delete {key!r} from {name!r}"):
            self._client.delete_object(Bucket=name, Key=key)

    def check(self) -> None:
        """Raise StoreError if the store is there no more."""
        self.put("private", PROBE_KEY, b"x")

    def url(self, bucket: str, key: str, interface: str) -> str:
        """Return the quoted URL of an object for an interface type."""
        name = self.buckets[bucket]
        if interface not in self.interfaces:
            raise no_interface(interface, f"the store at {self.s3_url}", self.interfaces)
        return object_url(self.s3_url if interface == "s3" else f"{self.http_url}", name, key)

    def close(self) -> None:
        """Remove the run's buckets and everything in them; if interrupted, try again at exit."""
        try:
            while self._created:
                name = self._created[-1]
                with self._told(f"remove bucket {name!r}"):
                    self._sweep(name)
                    self._remove_bucket(name)
                self._created.pop()
        except StoreError:
            atexit.unregister(self.close)
            raise
        atexit.unregister(self.close)

    def _remove_bucket(self, name: str) -> None:
        try:
            self._client.delete_bucket(Bucket=name)
        except ClientError as error:
            # A store of files may keep empty folders of keys that it did not take after all.
            if code_of(error) != "BucketNotEmpty":
                raise
            warnings.warn(f"{self._url} keeps the empty bucket {name!r}, which it says is not empty", stacklevel=2)

    def _create(self, name: str) -> None:
        region = self._options.region
        with self._told(f"create bucket {name!r}"):
            self._created.append(name)
            try:
                if region == "us-east-1":
                    self._client.create_bucket(Bucket=name)
                else:
                    place: dict[str, str] = {"LocationConstraint": region}
                    self._client.create_bucket(Bucket=name, CreateBucketConfiguration=place)  # type: ignore[arg-type]
            except (ClientError, EndpointConnectionError, ConnectTimeoutError, SSLError):
                self._created.pop()
                raise

    def _open_to_all(self, name: str) -> bool:
        """Open the bucket to all readers, by a policy or else by ACLs, and say whether everybody can read it."""
        # Stores that do not know this switch, or forbid it, return an error; only the probe decides.
        refused = contextlib.suppress(ClientError)
        with self._told(f"open bucket {name!r} to everybody"):
            self._client.put_object(Bucket=name, Key=PROBE_KEY, Body=b"x")
            if self._open_by_policy(name):
                return True
            # Done only if the store supports the block: MinIO, which does not, removes the bucket instead.
            with refused:
                self._client.get_public_access_block(Bucket=name)
                self._client.delete_public_access_block(Bucket=name)
            if self._open_by_policy(name):
                return True
            with refused:
                rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
                self._client.put_bucket_ownership_controls(Bucket=name, OwnershipControls=rules)  # type: ignore[arg-type]
            with refused:
                self._client.put_bucket_acl(Bucket=name, ACL="public-read")
                self._client.put_object(Bucket=name, Key=PROBE_KEY, Body=b"x", ACL="public-read")
                self._by_acl = self._readable_by_all(name)
        return self._by_acl

    def _check_plain(self, url: str, owner: Credentials) -> None:
        """Raise StoreError unless the web server has what was put into the store, for those who may read it."""
        import requests

        self.put("private", PROBE_KEY, b"x")
        readers = [("private", (owner.access_key, owner.secret)), ("public", None)]
        for bucket, user in readers if self.public_readable else readers[:1]:
            told = f"the plain store at {url} does not give out what was put into bucket {self.buckets[bucket]!r}"
            try:
                answer = requests.get(
                    object_url(url, self.buckets[bucket], PROBE_KEY),
                    auth=user,
                    timeout=self._options.connect_seconds,
                    verify=self._options.verify_tls,
                )
            except (requests.RequestException, OSError) as error:
                raise StoreError(f"{told}: {error}") from error
            if (answer.status_code, answer.content) != (200, b"x"):
                way = "anonymously" if user is None else "by Basic authentication with the access key and its secret"
                raise StoreError(f"{told}: asked {way} it answers {answer.status_code}")

    def _open_by_policy(self, name: str) -> bool:
        with contextlib.suppress(ClientError):
            self._client.put_bucket_policy(Bucket=name, Policy=public_policy(name))
        return self._readable_by_all(name)

    def _readable_by_all(self, name: str) -> bool:
        anybody = s3_client(self._url, None, self._options, self._session)
        try:
            anybody.get_object(Bucket=name, Key=PROBE_KEY)
        except ClientError:
            return False
        return True

    def _sweep(self, name: str) -> None:
        """Remove every object of a bucket, a page at a time."""
        previous: list[str] = []
        while True:
            page = self._client.list_objects_v2(Bucket=name, MaxKeys=SWEEP_KEYS)
            keys = [entry["Key"] for entry in page.get("Contents", ())]
            # A store that does not delete its objects must not keep the suite in this loop for ever.
            if not keys or keys == previous:
                return
            self._remove(name, keys)
            previous = keys

    def _remove(self, name: str, keys: list[str]) -> None:
        try:
            answer = self._client.delete_objects(
                Bucket=name, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
            left = [error["Key"] for error in answer.get("Errors", ())]
        except ClientError:
            # Not every store knows the batch, and XML cannot hold every key.
            left = keys
        for key in left:
            self._client.delete_object(Bucket=name, Key=key)

    @contextlib.contextmanager
    def _told(self, deed: str) -> Iterator[None]:
        """Turn boto3's errors into ones that say what was tried, where, and what to check."""
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise StoreError(f"cannot {deed} at {self._url}: {explained(error)}") from error


def code_of(error: ClientError) -> str:
    """Return the store's code for an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def _object_refused(key: str) -> Iterator[None]:
    """Turn the refusal of a key into Unstorable: a store that keeps objects as files has its file system's limits."""
    try:
        yield
    except ClientError as error:
        if code_of(error) in KEYS_REFUSED or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 400:
            raise Unstorable(f"the store does not take {key!r}: {explained(error)}") from error
        raise


def s3_client(
    url: str,
    credentials: Credentials | None,
    options: S3Options,
    session: boto3.session.Session | None = None,
) -> "S3Client":
    """Return a client for one user, or for anonymous reads."""
    config = Config(
        signature_version=UNSIGNED if credentials is None else "s3v4",
        s3={"addressing_style": "path"},
        region_name=options.region,
        connect_timeout=options.connect_seconds,
        read_timeout=options.read_seconds,
        retries={"total_max_attempts": options.attempts, "mode": "standard"},
        max_pool_connections=32,
        proxies={},
        # Older stores reject the checksums that newer clients add unasked.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        # A session loads its description of S3 once, which is most of what a client costs.
        return (session or boto3.session.Session()).client(
            "s3",
            endpoint_url=url,
            aws_access_key_id=credentials.access_key if credentials else None,
            aws_secret_access_key=credentials.secret if credentials else None,
            verify=options.verify_tls,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise StoreError(f"cannot use the store at {url}: {error}; an URL like http://host:9000 is needed") from error


def public_policy(bucket: str) -> str:
    """Return a bucket policy that lets everybody read and list."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["*"]},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def explained(error: Exception) -> str:
    """Say what went wrong, and what to check."""
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        code, message = str(told.get("Code", "?")), str(told.get("Message", ""))
        hint = HINTS.get(code, "see the store's log")
        return f"{code} ({message}); {hint}"
    if isinstance(error, SSLError):
        return f"{error}; check the certificate, or give the CA's file"
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return "nothing answers; check that the store runs, and its host and port"
    if isinstance(error, ReadTimeoutError):
        return "no answer in time; check that this is the store's S3 port"
    return f"{type(error).__name__}: {error}"
