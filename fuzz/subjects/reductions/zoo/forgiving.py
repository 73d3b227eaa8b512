"""More nonsense that is accepted, or taken for something else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fuzz.embedded.http_messages import HttpRequest
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.consistency import data_length
from fuzz.subjects.reductions.reference_server.reduction import Reduction
from fuzz.subjects.reductions.reference_server.refusal import Refusal


class AxisWithoutShapeIgnored(ReferenceServer):
    """An axis without a shape does nothing."""

    def read_reduction(self, version: int, operation: str, body: Mapping[str, Any]) -> Reduction:
        reduction = super().read_reduction(version, operation, body)
        return replace(reduction, axis=None) if reduction.shape is None else reduction


class ContentTypesNotFound(ReferenceServer):
    """A body that says that it is not JSON is sent to a path of its own, which is not there."""

    def check_content_type(self, request: HttpRequest) -> None:
        try:
            super().check_content_type(request)
        except Refusal as refusal:
            raise Refusal(404, refusal.message) from refusal


class ConstantsAreNulls(ReferenceServer):
    """NaN and the infinities in JSON are taken for null."""

    def read_constant(self, _name: str) -> object:
        return None


class LastOfTheSurplus(ReferenceServer):
    """Where there is more data than the shape calls for, the last of it is taken."""

    def to_array(self, reduction: Reduction, data: bytes) -> Any:
        needed = data_length(reduction)
        surplus = needed is not None and reduction.size is None and len(data) > needed
        return super().to_array(reduction, data[-needed:] if surplus and needed else data)
