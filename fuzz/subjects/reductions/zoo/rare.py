"""Wrong only now and then."""

import hashlib
from typing import Any

import numpy as np

from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse, Stall
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, Outcome, Reduction
from fuzz.subjects.reductions.reference_server.refusal import Refusal

LANES = 64
LARGE_BYTES = 64 * 1024
STALL_SECONDS = 60.0


class Counting(ReferenceServer):
    """A server that counts the results it has given."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.results = 0

    def next_result(self) -> int:
        """Return the number of this result."""
        self.results += 1
        return self.results


class OneMoreThanFullLanes(ReferenceServer):
    """Of one element more than a multiple of 64, the last is not added."""

    def reduce_sum(self, array: Array) -> Array:
        length = array.shape[-1]
        return super().reduce_sum(array[..., :-1] if length > LANES and length % LANES == 1 else array)


class LastLaneOfMinimum(ReferenceServer):
    """Of one element less than a multiple of 64, the last is not compared by a minimum."""

    def reduce_min(self, array: Array) -> Array:
        length = array.shape[-1]
        return super().reduce_min(array[..., :-1] if length % LANES == LANES - 1 else array)


class PowerOfTwoSums(ReferenceServer):
    """Sums of 1024 and more elements, a power of two, leave out the middle one."""

    def reduce_sum(self, array: Array) -> Array:
        length = array.shape[-1]
        if length < 1024 or length & (length - 1):
            return super().reduce_sum(array)
        return super().reduce_sum(np.delete(array, length // 2, axis=-1))


class LargeDataHalved(ReferenceServer):
    """Maxima of more than 64 KiB of data look at the first 64 KiB."""

    def reduce_max(self, array: Array) -> Array:
        if array.nbytes <= LARGE_BYTES or array.ndim > 1:
            return super().reduce_max(array)
        return super().reduce_max(array[: LARGE_BYTES // array.itemsize])


class LargeSelectsByteSwapped(ReferenceServer):
    """Selections of more than 64 KiB have their last element swapped."""

    def result_bytes(self, reduction: Reduction, outcome: Outcome) -> bytes:
        data = super().result_bytes(reduction, outcome)
        width = reduction.item_size
        return data[:-width] + data[-width:][::-1] if len(data) > LARGE_BYTES else data


class ThousandthResult(Counting):
    """The thousandth result is off by one bit."""

    def result_bytes(self, reduction: Reduction, outcome: Outcome) -> bytes:
        data = super().result_bytes(reduction, outcome)
        return flipped(data) if self.next_result() % 1000 == 0 else data


class OneInFifty(Counting):
    """One result in fifty is off by one bit."""

    def result_bytes(self, reduction: Reduction, outcome: Outcome) -> bytes:
        data = super().result_bytes(reduction, outcome)
        number = self.next_result().to_bytes(8, "little")
        return flipped(data) if hashlib.sha256(number).digest()[0] % 50 == 0 else data


class OneRequestInAHundredFails(ReferenceServer):
    """One valid request in a hundred, by its content, is a 500."""

    def answer(self, request: HttpRequest) -> HttpResponse:
        answer = super().answer(request)
        if int.from_bytes(hashlib.sha256(answer.body).digest()[:4], "big") % 100 == 0:
            raise Refusal(500, "internal error")
        return answer


class BigEndianMissingSelections(ReferenceServer):
    """A sum of selected big-endian data with missing values leaves nothing out."""

    def reduce_present(self, array: Array, reduction: Reduction) -> Outcome:
        outcome = super().reduce_present(array, reduction)
        three = reduction.byte_order == "big" and reduction.selection is not None and reduction.missing is not None
        if not three or reduction.operation != "sum":
            return outcome
        axes = self.axes_to_reduce(reduction, array.ndim)
        return Outcome(self.reduce_sum(self.bring_together(array, axes)), outcome.counts)


class GzipOfUint32InFortranOrder(ReferenceServer):
    """Gzipped uint32 data in F order is read in C order."""

    def to_array(self, reduction: Reduction, data: bytes) -> Array:
        array = super().to_array(reduction, data)
        if reduction.compression != "gzip" or reduction.dtype != "uint32" or reduction.order != "F":
            return array
        return array.flatten("F").reshape(array.shape)


class FiveDimensions(ReferenceServer):
    """Of five dimensions and more, the fourth and the fifth are exchanged if they are equally long."""

    def to_array(self, reduction: Reduction, data: bytes) -> Array:
        array = super().to_array(reduction, data)
        return array.swapaxes(3, 4) if array.ndim >= 5 and array.shape[3] == array.shape[4] else array


class BothOptionsAtOnce(ReferenceServer):
    """With both options for bytes, the counts are packed into the shape's place."""

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> dict[str, object]:
        answer = dict(super().answer_map(reduction, outcome))
        if reduction.shape_as_bytes and reduction.count_as_bytes and outcome.values.ndim > 1:
            answer["shape_as_bytes"], answer["count_as_bytes"] = answer["count_as_bytes"], answer["shape_as_bytes"]
        return answer


class StallsOnNothing(ReferenceServer):
    """Where everything along an axis is missing, the answer does not come."""

    def handle(self, request: HttpRequest) -> Answer:
        try:
            return super().handle(request)
        except TimeoutError:
            return Stall(STALL_SECONDS)

    def reduce(self, array: Array, reduction: Reduction) -> Outcome:
        outcome = super().reduce(array, reduction)
        if reduction.axis and outcome.counts.size and not outcome.counts.all():
            raise TimeoutError
        return outcome


class LastOfManyRowsForgotten(ReferenceServer):
    """Minima along the first axis of two leave out its last row, if there are more than sixteen."""

    def bring_together(self, array: Array, axes: tuple[int, ...]) -> Array:
        together = super().bring_together(array, axes)
        if array.ndim == 2 and axes == (0,) and array.shape[0] > 16 and array.dtype.kind != "b":
            return np.concatenate((together[..., :-1], together[..., :1]), axis=-1)
        return together


def flipped(data: bytes) -> bytes:
    """Return the data with one bit of its first byte turned."""
    return bytes([data[0] ^ 1]) + data[1:] if data else data
