"""A time after which a run ends, whatever it is busy with: a server cannot wait for ever."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from sealer.errors import SealerError

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from types import FrameType


class DeadlineError(SealerError):
    """This system cannot end a run by the clock. Leave the option out."""


class DeadlinePassed(BaseException):
    """The time is over. Not an `Exception`, so that nothing takes it for a failure of its own."""


class Deadline:
    """Tells whether the time is over, in case that nobody could be interrupted when it was."""

    has_passed = False

    def check(self) -> None:
        """Go on if there is time left.

        Raises:
            DeadlinePassed: There is none.
        """
        if self.has_passed:
            raise DeadlinePassed


@contextmanager
def ending_after(seconds: float) -> Iterator[Deadline]:
    """Interrupt what runs inside when its time is over, be it waiting for git or scanning.

    Args:
        seconds: How long it may take.

    Raises:
        DeadlinePassed: It took longer.
        DeadlineError: The system has no such alarm.
    """
    if not hasattr(signal, "setitimer"):
        raise DeadlineError("--deadline needs a system with interval timers, such as Linux")
    deadline = Deadline()

    def interrupt(_: int, __: "FrameType | None") -> None:
        deadline.has_passed = True
        raise DeadlinePassed

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield deadline
        deadline.check()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
