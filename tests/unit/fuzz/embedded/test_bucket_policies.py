"""A bucket's policy says what those may do who do not own it."""

from __future__ import annotations

import json
import urllib.request
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from fuzz.embedded.bucket_policies import allows, statements
from fuzz.running.store import MemoryStore
from fuzz.running.store.s3 import S3Options, public_policy, s3_client


def status_for_anybody(url: str, method: str = "GET") -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=100) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def said(*found: dict[str, object]) -> str:
    return json.dumps({"Statement": list(found)})


def one(effect: str, action: object, resource: object) -> dict[str, object]:
    return {"Effect": effect, "Principal": "*", "Action": action, "Resource": resource}


def test_a_policy_opens_a_bucket_to_everybody_and_its_removal_closes_it() -> None:
    with MemoryStore() as store:
        client = s3_client(store.s3_url, store.credentials["owner"], S3Options())
        client.create_bucket(Bucket="mine")
        client.put_object(Bucket="mine", Key="a", Body=b"abc")
        url = f"{store.s3_url}/mine/a"
        assert status_for_anybody(url) == 403
        client.put_bucket_policy(Bucket="mine", Policy=public_policy("mine"))
        assert status_for_anybody(url) == 200
        assert status_for_anybody(f"{store.http_url}/mine/a") == 200
        assert client.get_bucket_policy(Bucket="mine")["Policy"] == public_policy("mine")
        client.delete_bucket_policy(Bucket="mine")
        assert status_for_anybody(url) == 403
        with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
            client.get_bucket_policy(Bucket="mine")


@pytest.mark.parametrize(
    "policy",
    [
        "{",
        "[]",
        '{"Statement": []}',
        public_policy("mine").replace("Allow", "Perhaps"),
        public_policy("other"),
        public_policy("mine").replace("s3:", "ec2:"),
        said({**one("Allow", "s3:GetObject", "arn:aws:s3:::mine/*"), "Condition": {}}),
        said({**one("Allow", "s3:GetObject", "arn:aws:s3:::mine/*"), "Principal": {"AWS": "somebody"}}),
    ],
)
def test_a_policy_that_says_something_else_is_refused(policy: str) -> None:
    with MemoryStore() as store:
        client = s3_client(store.s3_url, store.credentials["owner"], S3Options())
        client.create_bucket(Bucket="mine")
        with pytest.raises(ClientError) as refused:
            client.put_bucket_policy(Bucket="mine", Policy=policy)
        assert refused.value.response["Error"]["Code"] == "MalformedPolicy"


def test_each_action_is_allowed_by_itself() -> None:
    with MemoryStore() as store:
        client = s3_client(store.s3_url, store.credentials["owner"], S3Options())
        client.create_bucket(Bucket="mine")
        client.put_object(Bucket="mine", Key="a", Body=b"abc")
        asked = {"s3:GetObject": ("GET", "/a"), "s3:PutObject": ("PUT", "/b"), "s3:ListBucket": ("GET", "")}
        asked["s3:DeleteObject"] = ("DELETE", "/b")
        for allowed in asked:
            resource = "arn:aws:s3:::mine" + ("" if allowed == "s3:ListBucket" else "/*")
            client.put_bucket_policy(Bucket="mine", Policy=said(one("Allow", allowed, resource)))
            for action, (method, path) in asked.items():
                status = status_for_anybody(f"{store.s3_url}/mine{path}", method)
                assert (status != 403) == (action == allowed), (action, allowed, status)


@pytest.mark.parametrize(
    ("found", "key", "may"),
    [
        ([], "a", False),
        ([one("Allow", "s3:GetObject", "arn:aws:s3:::b/*")], "a/b", True),
        ([one("Allow", ["s3:PutObject", "s3:Get*"], ["arn:aws:s3:::b/x", "arn:aws:s3:::b/?"])], "a", True),
        ([one("Allow", "s3:GetObject", "arn:aws:s3:::b/?")], "ab", False),
        ([one("Allow", "*", "arn:aws:s3:::b/*"), one("Deny", "s3:GetObject", "arn:aws:s3:::b/secret/*")], "a", True),
        ([one("Deny", "s3:*", "arn:aws:s3:::b/s*"), one("Allow", "*", "arn:aws:s3:::b/*")], "secret", False),
        ([one("Allow", "s3:GetObject", "arn:aws:s3:::b/a.b")], "axb", False),
    ],
)
def test_deny_beats_allow_and_nothing_said_is_no(found: list[dict[str, object]], key: str, may: bool) -> None:
    assert allows(statements(said(*found)), "s3:GetObject", f"arn:aws:s3:::b/{key}") is may
