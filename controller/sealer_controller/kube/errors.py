"""What can go wrong between us and the Kubernetes API server.

    RetryableError               (sealer.errors)
    ├── UnreachableError         no complete answer: refused, cut, too slow
    │   └── SilentError          a watch that says nothing any more
    └── ApiRetryableError        an answer that says: not now
        ├── UnavailableError     429 and 5xx
        ├── ConflictError        409, written from an old copy: read again, then write
        └── ExpiredError         410, a resourceVersion or continue token that is too old
    TerminalError                (sealer.errors)
    ├── AccessError              we do not know how to reach or greet the server
    ├── AnswerError              an answer that cannot be used
    │   └── AnswerTooLargeError  ... because it is longer than we are willing to hold
    └── ApiTerminalError         an answer that says no; other 4xx
        ├── UnauthorizedError    401
        ├── ForbiddenError       403
        ├── NotFoundError        404
        ├── AlreadyExistsError   409, the name is taken
        ├── TooLargeError        413
        └── InvalidError         422

`message` of an answer is the server's own text, which belongs into conditions and Events. The
others never hold a token, a body or a URL with a query: whoever reads a log may not be allowed to
read a Secret. Decisions look at the type, at `code` or at `causes`, never at the text.
"""

from collections.abc import Mapping
from http import HTTPStatus

from msgspec import Struct

from sealer.errors import RetryableError, TerminalError

__all__ = [
    "AccessError",
    "AlreadyExistsError",
    "AnswerError",
    "AnswerTooLargeError",
    "ApiRetryableError",
    "ApiTerminalError",
    "Cause",
    "ConflictError",
    "ExpiredError",
    "ForbiddenError",
    "InvalidError",
    "NotFoundError",
    "SilentError",
    "Status",
    "StatusDetails",
    "TooLargeError",
    "UnauthorizedError",
    "UnavailableError",
    "UnreachableError",
    "error_for",
]


class Cause(Struct, frozen=True):
    """One of the reasons in a `Status`: the field, a machine-readable reason, words."""

    reason: str = ""
    message: str = ""
    field: str = ""


class StatusDetails(Struct, frozen=True, rename="camel"):
    """The details of a `Status`: its causes, and how many seconds to wait before trying again."""

    causes: tuple[Cause, ...] = ()
    retry_after_seconds: int = 0


class Status(Struct, frozen=True):
    """The API server's answer to a request that failed (`meta/v1` Status), as far as we read it."""

    code: int = 0
    reason: str = ""
    message: str = ""
    details: StatusDetails | None = None


class UnreachableError(RetryableError):
    """The server gave no complete answer: it may or may not have done what was asked."""


class SilentError(UnreachableError):
    """A watch has said nothing for longer than a living server does. List again."""


class AccessError(TerminalError):
    """The settings do not say how to reach or greet the API server. Mend what the message names."""


class AnswerError(TerminalError):
    """The answer cannot be used: not JSON, or not the kind of object that was asked for."""


class AnswerTooLargeError(AnswerError):
    """The answer is longer than the client's limit. Ask for less."""


class ApiRetryableError(RetryableError):
    """The server answered, and trying again can help.

    Attributes:
        code: The HTTP status.
        reason: The machine-readable reason, such as `Conflict`; empty when no server of ours spoke.
        causes: The fields at fault.
    """

    def __init__(self, status: Status, *, after: float | None = None) -> None:
        super().__init__(status.message, after=after)
        self.code = status.code
        self.reason = status.reason
        self.causes = status.details.causes if status.details else ()


class UnavailableError(ApiRetryableError):
    """The server is too busy or failing (429, 5xx). Wait `after` seconds, if it says so."""


class ConflictError(ApiRetryableError):
    """The object changed since it was read, or is not the one meant. Read it again first."""


class ExpiredError(ApiRetryableError):
    """The resourceVersion or continue token is too old. List again from the start."""


class ApiTerminalError(TerminalError):
    """The server answered no; the same request will get the same answer until something changes.

    Attributes:
        code: The HTTP status.
        reason: The machine-readable reason, such as `NotFound`.
        causes: The fields at fault.
    """

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.code = status.code
        self.reason = status.reason
        self.causes = status.details.causes if status.details else ()


class UnauthorizedError(ApiTerminalError):
    """The server does not know us. Check the token."""


class ForbiddenError(ApiTerminalError):
    """The server knows us and says no. Grant the right that the message names."""


class NotFoundError(ApiTerminalError):
    """There is no such object, or no such kind."""


class AlreadyExistsError(ApiTerminalError):
    """An object of this name exists already. Read it and decide again."""


class TooLargeError(ApiTerminalError):
    """The request is larger than the server accepts."""


class InvalidError(ApiTerminalError):
    """The object breaks the rules of its kind; `causes` names the fields."""


_TERMINAL: Mapping[int, type[ApiTerminalError]] = {
    HTTPStatus.UNAUTHORIZED: UnauthorizedError,
    HTTPStatus.FORBIDDEN: ForbiddenError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLargeError,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidError,
}


def error_for(
    status: Status, *, after: float | None = None
) -> ApiRetryableError | ApiTerminalError:
    """Return the error that stands for a failed request.

    Args:
        status: What the server answered; `code` is the HTTP status.
        after: Seconds of the `Retry-After` header; the status' own wish counts when it is None.
    """
    if after is None and status.details and status.details.retry_after_seconds > 0:
        after = float(status.details.retry_after_seconds)
    if status.code == HTTPStatus.CONFLICT:
        if status.reason == "AlreadyExists":
            return AlreadyExistsError(status)
        return ConflictError(status, after=after)
    if status.code == HTTPStatus.GONE:
        return ExpiredError(status, after=after)
    busy = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
    if status.code in busy or status.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UnavailableError(status, after=after)
    return _TERMINAL.get(status.code, ApiTerminalError)(status)
