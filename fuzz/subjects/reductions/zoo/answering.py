"""Answers that say something else than they give."""

from collections.abc import Mapping

import cbor2

from fuzz.embedded.http_messages import Answer, DropConnection, HttpRequest, HttpResponse
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Outcome, Reduction

SHORT_BYTES = 64 * 1024


class ShapeAsBytesIgnored(ReferenceServer):
    """The option for a shape as bytes does nothing."""

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, object]:
        return {**super().answer_map(reduction, outcome), "shape": self.result_shape(outcome), "shape_as_bytes": b""}


class CountAsBytesGivesBoth(ReferenceServer):
    """With counts as bytes the list is there as well."""

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, object]:
        return {**super().answer_map(reduction, outcome), "count": self.result_counts(reduction, outcome)}


class ShapeOptionDecidesForCounts(ReferenceServer):
    """The option for a shape as bytes decides about the counts too."""

    def read_option(self, given: Mapping[str, object], field: str) -> bool:
        return super().read_option(given, "option_shape_as_bytes" if field == "option_count_as_bytes" else field)


class PackedShapeOf32Bits(ReferenceServer):
    """A shape as bytes has 32 bits per axis."""

    def pack_shape(self, shape: list[int]) -> bytes:
        return b"".join(length.to_bytes(4, "little") for length in shape)


class PackedCountOfOneIsMissing(ReferenceServer):
    """A single count as bytes is left out."""

    def pack_counts(self, counts: list[int]) -> bytes:
        return super().pack_counts(counts) if len(counts) > 1 else b""


class FullReductionHasAnAxis(ReferenceServer):
    """The result of a reduction of everything has one axis of length one."""

    def result_shape(self, outcome: Outcome) -> list[int]:
        return super().result_shape(outcome) or [1]


class EmptyShapeCollapses(ReferenceServer):
    """A result without elements has one axis of length zero."""

    def result_shape(self, outcome: Outcome) -> list[int]:
        return super().result_shape(outcome) if outcome.values.size else [0]


class SelectTellsTheDataShape(ReferenceServer):
    """A select tells the shape of the data before the selection."""

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, object]:
        answer = super().answer_map(reduction, outcome)
        if reduction.operation != "select" or reduction.shape is None or reduction.shape_as_bytes:
            return answer
        return {**answer, "shape": list(reduction.shape)}


class UnsignedCalledSigned(ReferenceServer):
    """Unsigned results are said to be signed."""

    def result_dtype(self, reduction: Reduction) -> str:
        return super().result_dtype(reduction).removeprefix("u")


class MinOfFloat32CalledFloat64(ReferenceServer):
    """The minimum of float32 numbers is said to be a float64."""

    def result_dtype(self, reduction: Reduction) -> str:
        told = super().result_dtype(reduction)
        return "float64" if told == "float32" and reduction.operation == "min" else told


class CountIsABareNumber(ReferenceServer):
    """A single count is a number instead of a list."""

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, object]:
        answer = super().answer_map(reduction, outcome)
        count = answer["count"]
        return {**answer, "count": count[0]} if isinstance(count, list) and len(count) == 1 else answer


class EmptyTwinsLeftOut(ReferenceServer):
    """Keys with nothing in them are left out of the map."""

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, object]:
        answer = super().answer_map(reduction, outcome)
        return {name: value for name, value in answer.items() if value != b""}


class JsonForCbor(ReferenceServer):
    """The answer is CBOR under the name of JSON."""

    def answer_v2(self, reduction: Reduction, outcome: Outcome) -> HttpResponse:
        return HttpResponse(200, {"content-type": "application/json"}, super().answer_v2(reduction, outcome).body)


class BytesAsText(ReferenceServer):
    """Results that happen to be ASCII are CBOR text."""

    def answer_v2(self, reduction: Reduction, outcome: Outcome) -> HttpResponse:
        answer = dict(self.answer_map(reduction, outcome))
        data = answer["bytes"]
        if isinstance(data, bytes) and data and data.isascii():
            answer["bytes"] = data.decode("ascii")
        return HttpResponse(200, {"content-type": "application/cbor"}, cbor2.dumps(answer))


class LongAnswersCut(ReferenceServer):
    """Answers are cut at 64 KiB."""

    def answer_v2(self, reduction: Reduction, outcome: Outcome) -> HttpResponse:
        answer = super().answer_v2(reduction, outcome)
        return HttpResponse(answer.status, answer.headers, answer.body[:SHORT_BYTES])


class NoContentForNothing(ReferenceServer):
    """A select of nothing is answered by 204."""

    def answer_result(self, reduction: Reduction, outcome: Outcome) -> HttpResponse:
        if reduction.operation == "select" and not outcome.values.size:
            return HttpResponse(204, {})
        return super().answer_result(reduction, outcome)


class HangsUpOnEmptyResults(ReferenceServer):
    """A result without elements ends the connection."""

    def handle(self, request: HttpRequest) -> Answer:
        answer = super().handle(request)
        empty = isinstance(answer, HttpResponse) and answer.status == 200 and b"\x65bytes\x40" in answer.body
        return DropConnection() if empty else answer
