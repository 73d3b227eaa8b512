"""What every store does, whichever it is; and how stores say that they cannot."""

import socket
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
import pytest
import requests
import urllib3
from botocore.exceptions import ClientError

from fuzz.running.store import Buckets, Credentials, MemoryStore, Store, StoreError, StoreSettings, open_store
from fuzz.running.store.moto import MotoStore
from fuzz.running.store.s3 import S3Options, S3Store, s3_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = ("k", "a/b c+é%/.x", "~'()*!", "trailing/")


def on_memory() -> Iterator[Store]:
    with MemoryStore() as store:
        yield store


def on_moto() -> Iterator[Store]:
    with MotoStore() as store:
        yield store


def on_s3_that_verifies() -> Iterator[Store]:
    """boto3's store, on top of the one in memory: no policies, no ACLs, but true signatures."""
    with (
        MemoryStore() as below,
        S3Store(below.s3_url, below.credentials["owner"], stranger=below.credentials["stranger"]) as store,
    ):
        yield store


@pytest.fixture(scope="module", params=[on_memory, on_moto, on_s3_that_verifies])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    make: Callable[[], Iterator[Store]] = request.param
    yield from make()


@cache
def session() -> boto3.session.Session:
    return boto3.session.Session()


@cache
def client_of(url: str, credentials: Credentials) -> "S3Client":
    return s3_client(url, credentials, S3Options(), session())


def read_as(store: Store, who: str, bucket: str, key: str) -> bytes:
    client = client_of(store.s3_url, store.credentials[who])
    return client.get_object(Bucket=store.buckets[bucket], Key=key)["Body"].read()


def anonymously(url: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request("GET", url, retries=False, timeout=100)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("bucket", ["private", "public"])
def test_the_owner_reads_what_was_put_last(store: Store, bucket: str, key: str) -> None:
    for data in (b"first", b"second"):
        store.put(bucket, key, data)
        assert read_as(store, "owner", bucket, key) == data
    store.delete(bucket, key)
    with pytest.raises(ClientError, match="NoSuchKey"):
        read_as(store, "owner", bucket, key)
    store.delete(bucket, key)


@pytest.mark.parametrize("key", KEYS)
def test_everybody_reads_public_urls_of_every_interface(store: Store, key: str) -> None:
    assert store.public_readable == (store.http_url is not None)
    store.put("public", key, b"data")
    for interface in sorted(store.interfaces):
        url = store.url("public", key, interface)
        assert url.isascii()
        assert urlsplit(url).query == ""
        if store.public_readable:
            answer = anonymously(url)
            assert (answer.status, answer.data) == (200, b"data")
            assert anonymously(url + "-missing").status == 404


def test_credentials_say_truly_what_they_open(store: Store) -> None:
    store.put("private", "guarded", b"data")
    assert read_as(store, "owner", "private", "guarded") == b"data"
    assert set(store.credentials) - {"stranger"} == {"owner", "unknown", "wrong-secret"}
    refused = {"unknown": "InvalidAccessKeyId", "wrong-secret": "SignatureDoesNotMatch", "stranger": "AccessDenied"}
    for who, code in refused.items():
        if store.verifies_signatures and who in store.credentials:
            with pytest.raises(ClientError, match=code):
                read_as(store, who, "private", "guarded")


def test_an_unknown_interface_or_bucket_is_named(store: Store) -> None:
    with pytest.raises(StoreError, match=r"'ftp'.*s3"):
        store.url("public", "k", "ftp")
    with pytest.raises(StoreError, match=r"'secret'.*private and public"):
        store.put("secret", "k", b"")


def test_closing_removes_what_was_put_and_can_be_repeated() -> None:
    with MemoryStore() as below:
        owner = client_of(below.s3_url, below.credentials["owner"])
        store = S3Store(below.s3_url, below.credentials["owner"])
        for key in (*KEYS, "\x01\n"):
            store.put("private", key, b"x")
        assert store.buckets.private in [found["Name"] for found in owner.list_buckets()["Buckets"]]
        store.close()
        left = [found["Name"] for found in owner.list_buckets()["Buckets"]]
        assert left == [below.buckets.private, below.buckets.public]
        store.close()


def interrupted_run(below: Store) -> None:
    with S3Store(below.s3_url, below.credentials["owner"]) as store:
        store.put("public", "k", b"x")
        raise KeyboardInterrupt


def test_an_interrupted_run_still_sweeps() -> None:
    with MemoryStore() as below:
        with pytest.raises(KeyboardInterrupt):
            interrupted_run(below)
        owner = client_of(below.s3_url, below.credentials["owner"])
        assert len(owner.list_buckets()["Buckets"]) == 2


def test_moto_leaves_nothing_to_the_next_moto() -> None:
    with MotoStore() as first:
        first.put("public", "k", b"x")
    with MotoStore() as second:
        client = client_of(second.s3_url, second.credentials["owner"])
        names = {found["Name"] for found in client.list_buckets()["Buckets"]}
        assert names.isdisjoint({first.buckets.private, first.buckets.public})


def test_two_runs_share_no_bucket() -> None:
    with MemoryStore() as one, MemoryStore() as other:
        assert {one.buckets.private, one.buckets.public}.isdisjoint({other.buckets.private, other.buckets.public})
    assert Buckets.of_run("p", "r") == Buckets("p-r-private", "p-r-public")


def test_secrets_are_not_shown() -> None:
    assert "hush" not in repr(Credentials("key", "hush"))
    assert "hush" not in repr(StoreSettings(owner=Credentials("key", "hush")))


def test_a_web_server_with_the_same_objects_serves_the_plain_interface() -> None:
    with (
        MemoryStore() as below,
        S3Store(below.s3_url, below.credentials["owner"], plain_url=below.http_url) as store,
    ):
        assert store.interfaces == {"s3", "http"}
        assert store.basic_auth
        store.put("private", "k", b"x")
        url = store.url("private", "k", "http")
        assert url.startswith(f"{below.http_url}/")
        owner = store.credentials["owner"]
        assert requests.get(url, auth=(owner.access_key, owner.secret), timeout=100).content == b"x"
        assert requests.get(url, timeout=100).status_code == 401
        assert store.url("private", "k", "s3").startswith(f"{below.s3_url}/{store.buckets.private}")


@pytest.mark.parametrize("path", ["", "/elsewhere"])
def test_a_web_server_without_the_objects_is_named(path: str) -> None:
    with (
        MemoryStore() as below,
        pytest.raises(StoreError, match=rf"plain store at {below.s3_url}{path} does not give out .* it answers 40"),
    ):
        S3Store(below.s3_url, below.credentials["owner"], plain_url=f"{below.s3_url}{path}")


def test_an_advertised_host_is_in_the_urls() -> None:
    with MemoryStore(advertise="store.example") as store:
        assert store.s3_url.startswith("http://store.example:")
        assert store.url("public", "k", "http").startswith("http://store.example:")
        port = store.s3_url.rpartition(":")[2]
        store.put("public", "k", b"x")
        assert anonymously(f"http://127.0.0.1:{port}/{store.buckets.public}/k").data == b"x"


@pytest.mark.parametrize("spec", ["memory", "moto"])
def test_a_port_in_use_is_named(spec: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(StoreError, match=rf"127\.0\.0\.1:{port}.*in use"):
            open_store(spec, StoreSettings(port=port))


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_a_misspelt_store_is_answered_with_those_there_are() -> None:
    with pytest.raises(StoreError, match="'momery' is unknown; give memory, moto or an URL"):
        open_store("momery")


def test_an_unreachable_store_is_named_with_what_to_check() -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    with pytest.raises(StoreError, match=f"{url}: nothing answers; check"):
        S3Store(url, Credentials("a", "b"), options=S3Options(attempts=1))


def test_a_store_without_credentials_asks_for_them() -> None:
    with pytest.raises(StoreError, match="needs an access key"):
        open_store("http://127.0.0.1:9")


@pytest.mark.parametrize(("who", "hint"), [("unknown", "check the access key"), ("wrong-secret", "check the secret")])
def test_refused_credentials_are_told_with_what_to_check(who: str, hint: str) -> None:
    with MemoryStore() as below, pytest.raises(StoreError, match=hint):
        open_store(below.s3_url, StoreSettings(owner=below.credentials[who]))


@pytest.mark.parametrize("spec", ["memory", "moto"])
def test_settings_reach_the_store(spec: str) -> None:
    settings = StoreSettings(owner=Credentials("me", "mine"), prefix="pre", run="7")
    store = open_store(spec, settings)
    try:
        assert store.credentials["owner"] == Credentials("me", "mine")
        assert store.buckets == Buckets("pre-7-private", "pre-7-public")
        store.put("private", "k", b"x")
        assert read_as(store, "owner", "private", "k") == b"x"
    finally:
        store.close()
