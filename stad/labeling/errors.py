"""Define the errors of requests, with their status codes."""

from __future__ import annotations

from stad.annotations.own.folder import StaleRevision
from stad.errors import InputError
from stad.utils.files import FULL

BAD_REQUEST, FORBIDDEN, NOT_FOUND, CONFLICT = 400, 403, 404, 409
NOT_READY, TOO_LARGE, FAILED, NO_SPACE = 409, 413, 500, 507


class RequestError(Exception):
    """A request that is refused.

    Args:
        status: of HTTP.
        message: a sentence for the person at the page.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def status_of(error: InputError) -> int:
    """Return the status code of an error of the folder or of what was sent.

    A full disk is 507, any other failure to write 500, labels that changed 409, the rest 400.
    """
    if isinstance(error, StaleRevision):
        return CONFLICT
    cause = error.__cause__
    if isinstance(cause, OSError):
        return NO_SPACE if cause.errno in FULL else FAILED
    return BAD_REQUEST
