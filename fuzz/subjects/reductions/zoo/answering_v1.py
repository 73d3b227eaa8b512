"""Answers of version 1 that are wrong."""

import json
from collections.abc import Mapping

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Outcome, Reduction
from fuzz.subjects.reductions.zoo.marks import OnlyInV1


class V1CountIsATotal(OnlyInV1, ReferenceServer):
    """The count header of a reduction along axes holds the total."""

    def answer_headers_v1(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, str]:
        headers = super().answer_headers_v1(reduction, outcome)
        return {**headers, "x-activestorage-count": json.dumps([sum(self.result_counts(reduction, outcome))])}


class V1ShapeBeforeReduction(OnlyInV1, ReferenceServer):
    """The shape header holds the request's shape."""

    def answer_headers_v1(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, str]:
        headers = super().answer_headers_v1(reduction, outcome)
        return {**headers, "x-activestorage-shape": json.dumps(list(reduction.shape or ()))}


class V1CountDtypeHeader(OnlyInV1, ReferenceServer):
    """The dtype header of a count holds the request's dtype."""

    def answer_headers_v1(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, str]:
        headers = super().answer_headers_v1(reduction, outcome)
        return {**headers, "x-activestorage-dtype": reduction.dtype}


class V1ByteOrderUntold(OnlyInV1, ReferenceServer):
    """The byte order header is left out."""

    def answer_headers_v1(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, str]:
        headers = super().answer_headers_v1(reduction, outcome)
        return {name: value for name, value in headers.items() if name != "x-activestorage-byte-order"}


class V1BytesInTheOrderAsked(OnlyInV1, ReferenceServer):
    """Results of big-endian data are big-endian, though the header says otherwise."""

    def result_bytes(self, reduction: Reduction, outcome: Outcome) -> bytes:
        if reduction.version == 1 and reduction.byte_order == "big":
            outcome = Outcome(outcome.values.byteswap(), outcome.counts)
        return super().result_bytes(reduction, outcome)


class V1ObjectNotQuoted(OnlyInV1, ReferenceServer):
    """Object names are sent to the store without being encoded, where they hold a percent sign."""

    def quote_name(self, field: str, name: object, safe: str) -> str:
        return super().quote_name(field, name, safe + "%")
