"""The errors of S3 Vectors, by their names on the wire; moto adds the HTTP status of the service's model."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class VectorsError(ServiceException):  # type: ignore[misc]
    """What S3 Vectors refuses."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class VectorsValidationError(VectorsError):
    """The request breaks a rule of the operation or of the index."""

    code = "ValidationException"


class VectorsConflictError(VectorsError):
    """A name is taken."""

    code = "ConflictException"


class VectorsQuotaError(VectorsError):
    """As many of them as a bucket may have."""

    code = "ServiceQuotaExceededException"
