"""What can go wrong at the edges of the command line: usage, keys on disk, clusters, changes."""

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


class KeyFileError(SealerError):
    """A file with a certificate or private keys cannot be used. Name another one.

    Attributes:
        where: The file, and the place in it where that is known.
    """

    def __init__(self, message: str, *, where: Where, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.where = where


class ClusterError(SealerError):
    """The cluster cannot be reached, or refuses. The message says what kubectl said."""


class DemoError(SealerError):
    """The demo did not go as it should. The hint says what is missing, or what was said."""


class ChangedMeanwhileError(OutputError):
    """A file was changed by someone else while it was being worked on. Run the command again."""
