"""Write the HTTP answer for a result or a refusal."""

import json
from collections.abc import Mapping

import cbor2
import numpy as np

from fuzz.embedded.http_messages import HttpResponse
from fuzz.subjects.reductions.reference_server.reduction import Array, Outcome, Reduction
from fuzz.subjects.reductions.reference_server.refusal import Refusal


class Answering:
    """Writes answers of both API versions, and errors."""

    def answer_result(self, reduction: Reduction, outcome: Outcome) -> HttpResponse:
        """Return the answer in the version of the API that was asked."""
        return self.answer_v1(reduction, outcome) if reduction.version == 1 else self.answer_v2(reduction, outcome)

    def answer_v1(self, reduction: Reduction, outcome: Outcome) -> HttpResponse:
        """Return an answer of raw bytes, described by headers."""
        headers = self.answer_headers_v1(reduction, outcome)
        return HttpResponse(200, headers, self.result_bytes(reduction, outcome))

    def answer_headers_v1(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, str]:
        """Return the headers that describe the bytes of the answer."""
        return {
            "content-type": "application/octet-stream",
            "x-activestorage-dtype": self.result_dtype(reduction),
            "x-activestorage-shape": json.dumps(self.result_shape(outcome)),
            "x-activestorage-count": json.dumps(self.result_counts(reduction, outcome)),
            "x-activestorage-byte-order": self.result_byte_order(),
        }

    def answer_v2(self, reduction: Reduction, outcome: Outcome) -> HttpResponse:
        """Return an answer with a CBOR map."""
        body = cbor2.dumps(self.answer_map(reduction, outcome))
        return HttpResponse(200, {"content-type": "application/cbor"}, body)

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, object]:
        """Return the seven keys of an answer."""
        shape = self.result_shape(outcome)
        counts = self.result_counts(reduction, outcome)
        return {
            "bytes": self.result_bytes(reduction, outcome),
            "dtype": self.result_dtype(reduction),
            "shape": [] if reduction.shape_as_bytes else shape,
            "shape_as_bytes": self.pack_shape(shape) if reduction.shape_as_bytes else b"",
            "count": [] if reduction.count_as_bytes else counts,
            "count_as_bytes": self.pack_counts(counts) if reduction.count_as_bytes else b"",
            "byte_order": self.result_byte_order(),
        }

    def result_bytes(self, reduction: Reduction, outcome: Outcome) -> bytes:
        """Return the elements of the result, one after the other."""
        return self.lay_out(outcome.values, reduction).tobytes()

    def lay_out(self, array: Array, reduction: Reduction) -> Array:
        """Return the elements in the order of the request's layout."""
        return array.flatten(order="C" if reduction.order == "C" else "F")

    def result_dtype(self, reduction: Reduction) -> str:
        """Return the type of the result's elements."""
        return "int64" if reduction.operation == "count" else reduction.dtype

    def result_shape(self, outcome: Outcome) -> list[int]:
        """Return the lengths of the result's axes."""
        return list(outcome.values.shape)

    def result_counts(self, reduction: Reduction, outcome: Outcome) -> list[int]:
        """Return the counts, in the order of the result's elements."""
        counts: list[int] = self.lay_out(outcome.counts, reduction).tolist()
        return counts

    def result_byte_order(self) -> str:
        """Return the byte order of all bytes in the answer."""
        return "little" if np.little_endian else "big"

    def pack_shape(self, shape: list[int]) -> bytes:
        """Return the shape as uint64."""
        return np.array(shape, np.uint64).tobytes()

    def pack_counts(self, counts: list[int]) -> bytes:
        """Return the counts as int64."""
        return np.array(counts, np.int64).tobytes()

    def error_answer(self, refusal: Refusal) -> HttpResponse:
        """Return the answer that says what is wrong with the request."""
        return HttpResponse(refusal.status, self.error_headers(refusal.status), self.error_body(refusal))

    def error_body(self, refusal: Refusal) -> bytes:
        """Return the error as JSON."""
        error: dict[str, object] = {"message": refusal.message}
        if refusal.causes:
            error["caused_by"] = list(refusal.causes)
        return json.dumps({"error": error}).encode("ascii")

    def error_headers(self, status: int) -> Mapping[str, str]:
        """Return the headers that go with an error's status."""
        headers = {"content-type": "application/json"}
        if status == 401:
            headers["www-authenticate"] = 'Basic realm="active storage"'
        if status == 405:
            headers["allow"] = "POST"
        return headers
