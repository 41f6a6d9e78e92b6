"""Faults of one run are collected, so that people mend them all at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from sealer.errors import ManyErrors, SealerError


class Faults:
    """The faults found so far.

    Attributes:
        errors: The faults in the order they were found; none is a `ManyErrors`.
    """

    def __init__(self) -> None:
        self.errors: list[SealerError] = []

    def add(self, error: SealerError) -> None:
        """Take a fault in, or each of several."""
        if isinstance(error, ManyErrors):
            for part in error.errors:
                self.add(part)
        else:
            self.errors.append(error)

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Take in what is raised inside the block, and go on behind it."""
        try:
            yield
        except SealerError as error:
            self.add(error)

    def check(self) -> None:
        """Raise what was found.

        Raises:
            SealerError: There is one fault: that one.
            ManyErrors: There are several.
        """
        if len(self.errors) == 1:
            raise self.errors[0]
        if self.errors:
            raise ManyErrors(self.errors)
