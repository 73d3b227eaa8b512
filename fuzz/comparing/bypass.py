"""The bypass, which servers are measured against: fetching the object by boto3, and reducing it by NumPy here."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fuzz.comparing.questions import TimedQuestion
from specs.reductions.dtypes import ITEM_SIZES, Array

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from fuzz.running.store.protocol import Credentials


@dataclass(frozen=True, slots=True)
class Reduced:
    """A result, as a server would tell it."""

    dtype: str
    shape: tuple[int, ...]
    count: int
    data: bytes


def client(url: str, credentials: Credentials, region: str, verify_tls: bool | str) -> S3Client:
    """Return a client that fetches objects and does not try again, as a second try would be timed with the first."""
    from fuzz.running.store.s3 import S3Options, s3_client

    return s3_client(url, credentials, S3Options(region=region, verify_tls=verify_tls, attempts=1, read_seconds=60.0))


def fetched_and_reduced(fetching: S3Client, bucket: str, key: str, question: TimedQuestion) -> Reduced:
    """Do all that a client without an active-storage server does."""
    return reduced(fetching.get_object(Bucket=bucket, Key=key)["Body"].read(), question)


def reduced(data: bytes, question: TimedQuestion) -> Reduced:
    """Return the answer to a question, from the bytes of the object."""
    array = np.frombuffer(_decoded(data, question), question.dtype).reshape(question.side, question.side)
    if question.selected is not None:
        array = array[tuple(slice(*one) for one in question.selected)]
    result = _result(array, question.operation)
    dtype = "int64" if question.operation == "count" else question.dtype
    return Reduced(dtype, result.shape, array.size, result.astype(dtype, copy=False).tobytes())


def _decoded(data: bytes, question: TimedQuestion) -> bytes:
    match question.compression:
        case "gzip":
            data = gzip.decompress(data)
        case "zlib":
            data = zlib.decompress(data)
        case "blosc2":
            import blosc2

            data = blosc2.decompress2(data)
    for _ in question.filters:
        data = np.frombuffer(data, np.uint8).reshape(ITEM_SIZES[question.dtype], -1).T.tobytes()
    return data


def _result(array: Array, operation: str) -> Array:
    result: Any
    match operation:
        case "sum":
            result = array.sum(dtype=array.dtype)
        case "min":
            result = array.min()
        case "max":
            result = array.max()
        case "count":
            result = np.int64(array.size)
        case _:
            result = array
    return np.asarray(result)
