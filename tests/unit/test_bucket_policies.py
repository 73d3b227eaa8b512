"""The store in memory takes the one policy that it knows: everybody may read a bucket."""

from __future__ import annotations

import urllib.request
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from fuzz.running.store import MemoryStore
from fuzz.running.store.s3 import S3Options, public_policy, s3_client


def status_for_anybody(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


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
        client.delete_bucket_policy(Bucket="mine")
        assert status_for_anybody(url) == 403


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("{", "MalformedPolicy"),
        ('{"Statement": []}', "NotImplemented"),
        (public_policy("mine").replace("Allow", "Deny"), "NotImplemented"),
        (public_policy("mine").replace("s3:ListBucket", "s3:PutObject"), "NotImplemented"),
    ],
)
def test_any_other_policy_is_refused(policy: str, code: str) -> None:
    with MemoryStore() as store:
        client = s3_client(store.s3_url, store.credentials["owner"], S3Options())
        with pytest.raises(ClientError) as refused:
            client.put_bucket_policy(Bucket=store.buckets.private, Policy=policy)
        assert refused.value.response["Error"]["Code"] == code
