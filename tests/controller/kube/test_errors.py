"""Every answer that says no becomes one error, told apart by type."""

import pytest

from sealer.errors import RetryableError, TerminalError
from sealer_controller.kube.errors import (
    AlreadyExistsError,
    ApiTerminalError,
    Cause,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    Status,
    StatusDetails,
    TooLargeError,
    UnauthorizedError,
    UnavailableError,
    error_for,
)


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (400, "BadRequest", ApiTerminalError),
        (401, "Unauthorized", UnauthorizedError),
        (403, "Forbidden", ForbiddenError),
        (404, "NotFound", NotFoundError),
        (405, "MethodNotAllowed", ApiTerminalError),
        (408, "", UnavailableError),
        (409, "AlreadyExists", AlreadyExistsError),
        (409, "Conflict", ConflictError),
        (409, "", ConflictError),
        (410, "Expired", ExpiredError),
        (410, "Gone", ExpiredError),
        (413, "RequestEntityTooLarge", TooLargeError),
        (422, "Invalid", InvalidError),
        (429, "TooManyRequests", UnavailableError),
        (500, "InternalError", UnavailableError),
        (502, "", UnavailableError),
        (503, "ServiceUnavailable", UnavailableError),
        (504, "Timeout", UnavailableError),
        (302, "", ApiTerminalError),
    ],
)
def test_error_has_the_type_of_its_code(code: int, reason: str, kind: type[Exception]) -> None:
    """Code and reason decide, never the message; all that the server said is kept."""
    causes = (Cause("FieldValueInvalid", "wrong", "spec"),)
    error = error_for(Status(code, reason, "the words", StatusDetails(causes)))
    assert type(error) is kind
    assert (error.message, error.code, error.reason) == ("the words", code, reason)
    assert error.causes == causes


@pytest.mark.parametrize("code", range(300, 600))
def test_error_is_retryable_or_terminal(code: int) -> None:
    """There is no third kind, and no code without an error."""
    error = error_for(Status(code))
    assert isinstance(error, RetryableError) != isinstance(error, TerminalError)
    assert isinstance(error, RetryableError) == (code in (408, 409, 410, 429) or code >= 500)


def test_error_says_how_long_to_wait() -> None:
    """The header counts before the body; nothing said is not zero."""
    details = StatusDetails(retry_after_seconds=7)
    for status, after, wanted in (
        (Status(429, details=details), 3.0, 3.0),
        (Status(429, details=details), None, 7.0),
        (Status(429), None, None),
        (Status(429), 0.0, 0.0),
    ):
        error = error_for(status, after=after)
        assert isinstance(error, UnavailableError)
        assert error.after == wanted
