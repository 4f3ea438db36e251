"""Define the refusals of requests."""

from __future__ import annotations

from http import HTTPStatus

from stad.errors import InputError
from stad.utils.files import FULL


class ServiceError(Exception):
    """A request that is refused.

    Args:
        status: of HTTP.
        message: a sentence or two for the client.
        retry_sec: when the same request may succeed; None if it will not.
    """

    def __init__(self, status: HTTPStatus, message: str, *, retry_sec: float | None = None) -> None:
        super().__init__(message)
        self.status, self.retry_sec = status, retry_sec

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the answer."""
        if self.retry_sec is None:
            return {}
        return {"Retry-After": str(max(1, round(self.retry_sec)))}


def too_many(message: str, *, retry_sec: float) -> ServiceError:
    """Return the refusal of a request that comes too early: 429, with the time to wait."""
    return ServiceError(HTTPStatus.TOO_MANY_REQUESTS, message, retry_sec=retry_sec)


def not_found(what: str) -> ServiceError:
    """Return the refusal of a request for something that is not there."""
    return ServiceError(HTTPStatus.NOT_FOUND, f"There is no such {what}.")


def status_of(error: InputError) -> HTTPStatus:
    """Return the status of an error of the input: 507 for a full disk, else 400."""
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno in FULL:
        return HTTPStatus.INSUFFICIENT_STORAGE
    return HTTPStatus.BAD_REQUEST
