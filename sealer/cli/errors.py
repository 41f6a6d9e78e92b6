"""What can go wrong at the edges of the command line: usage, keys on disk, clusters, changes."""

from copy import copy
from typing import Self

import click

from sealer.errors import OutputError, SealerError, Where


class WrongUsageError(click.UsageError):
    """The command was called in a way that makes no sense. The hint says how to call it.

    Attributes:
        hint: What to type instead, or an empty string.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class IllegalValueError(click.BadParameter):
    """An option was given what it does not take. The message says what it takes instead."""


class KeyFileError(SealerError):
    """A file with a certificate or private keys cannot be used. Name another one.

    Attributes:
        where: The file, and the place in it where that is known.
    """

    def __init__(self, message: str, *, where: Where, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.where = where


class ClusterError(SealerError):
    """The cluster cannot be asked, or refuses. The message says what kubectl said."""

    def about(self, what: str, *, hint: str = "") -> Self:
        """Return this error, of the same type, as the reason why something else failed.

        Args:
            what: What could not be done.
            hint: What to do about it, where this error does not know.
        """
        error = copy(self)
        error.message = f"{what}: {self.message}"
        error.args = (error.message,)
        error.hint = self.hint or hint
        return error

    def otherwise(self, way: str) -> Self:
        """Return this error with one more way to go on in its hint."""
        error = copy(self)
        error.hint = f"{self.hint}; or {way}" if self.hint else way
        return error


class NoKubectlError(ClusterError):
    """There is no kubectl to ask the cluster with. Install it, or name a certificate."""


class UnreachableError(ClusterError):
    """Nobody answers: refused, unknown host, untrusted server, no context, or too slow."""


class LoginError(ClusterError):
    """The cluster does not know who asks: no credentials, or expired ones. Log in again."""


class ForbiddenError(ClusterError):
    """The cluster knows who asks, who may not. Ask for the right that the message names (403)."""


class NotFoundError(ClusterError):
    """There is no such object, or nothing is served there (404)."""


class ConflictError(ClusterError):
    """It exists already, or changed meanwhile; of the controller, the answer no (409)."""


class TooManyRequestsError(ClusterError):
    """The other side is busy. Wait and ask again (429).

    kubectl does not tell how long to wait: it obeys `Retry-After` itself where it can, which is
    for questions without a body.
    """


class ServerFaultError(ClusterError):
    """The other side failed to answer, and does not say why (500, 502, 503, 504)."""


class ObjectRefusedError(ClusterError):
    """The cluster refuses one object of several. The message says why.

    Attributes:
        where: The object.
    """

    def __init__(self, message: str, *, where: Where, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.where = where


class EditorError(SealerError):
    """The editor failed or was given up. Nothing was changed."""


class EditorKilledError(EditorError):
    """Something killed the editor. What it had saved can be opened again."""


class DemoError(SealerError):
    """The demo did not go as it should. The hint says what is missing, or what was said."""


class ChangedMeanwhileError(OutputError):
    """A file was changed by someone else while it was being worked on. Run the command again."""
