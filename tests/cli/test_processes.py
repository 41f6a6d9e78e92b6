"""Copies of the process do work, tell all that comes of it, and never outlive who made them."""

import errno
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sealer.cli.errors import ForbiddenError, WrongUsageError
from sealer.cli.files.processes import copied
from sealer.errors import (
    ManyErrors,
    NoMatchingKeyError,
    OutputError,
    RetryableError,
    SealerError,
    TemplateError,
    UnsealError,
    Where,
)
from sealer.manifest.fields import FieldError

_ORPHANS = """
import os, signal, sys
from sealer.cli.files.processes import copied

def work(thing):
    print(os.getpid(), flush=True)
    return thing

with copied(work, 2) as copies:
    copies(1), copies(2)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_copies_return_what_comes_of_each_thing() -> None:
    """From other processes than this one."""

    def work(number: int) -> tuple[int, int]:
        return number * 2, os.getpid()

    with copied(work, 2) as copies:
        answers = [copies(number) for number in range(4)]
    assert [number for number, _ in answers] == [0, 2, 4, 6]
    processes = {process for _, process in answers}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_copies_raise_what_the_work_raises() -> None:
    """With everything that it knows, and go on to the next thing."""
    inner = NoMatchingKeyError("no key", tried=["SHA256:abc"], hint="look")
    fault = UnsealError("no", faults={"password": inner}, where=Where(path="a", line=3), hint="try")

    def work(number: int) -> int:
        if number:
            raise fault
        return number

    with copied(work, 1) as copies:
        with pytest.raises(UnsealError) as raised:
            copies(1)
        assert copies(0) == 0
    assert (raised.value.message, raised.value.where, raised.value.hint) == (
        "no",
        Where(path="a", line=3),
        "try",
    )
    found = raised.value.faults["password"]
    assert isinstance(found, NoMatchingKeyError)
    assert (found.message, found.tried, found.hint) == ("no key", ("SHA256:abc",), "look")


def test_copy_that_is_ended_from_outside_is_told() -> None:
    """And whoever waits does not wait for ever."""

    def work(_: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with copied(work, 1) as copies:
        for _ in range(2):
            with pytest.raises(OutputError, match="was ended"):
                copies(1)


def test_fewer_copies_do_the_work_where_no_more_are_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And none is an error that says so; no pipe is left open either way."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    real, left = os.fork, [1]

    def fork() -> int:
        if not left[0]:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        left[0] -= 1
        return real()

    def work(number: int) -> int:
        return number

    monkeypatch.setattr(os, "fork", fork)
    with copied(work, 3) as copies:
        assert [copies(number) for number in range(4)] == [0, 1, 2, 3]
    with pytest.raises(OutputError, match="no process can be started"), copied(work, 3):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_copies_end_with_the_block() -> None:
    """Nothing is left of them."""

    def work(_: int) -> int:
        return os.getpid()

    with copied(work, 2) as copies:
        processes = {copies(0), copies(0)}
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_copies_of_a_killed_process_end() -> None:
    """They hold private keys: reading their output to its end waits for the last of them."""
    done = subprocess.run(
        [sys.executable, "-c", _ORPHANS], check=False, capture_output=True, timeout=30
    )
    assert done.returncode == -signal.SIGKILL
    assert len(set(done.stdout.split())) == 2


def test_copies_do_not_take_an_interruption_for_themselves(tmp_path: Path) -> None:
    """Ctrl-C reaches all of them; who made them decides what is finished."""

    def work(_: int) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        (tmp_path / "done").touch()
        return 1

    with copied(work, 1) as copies:
        assert copies(0) == 1
    assert (tmp_path / "done").exists()


@pytest.mark.parametrize(
    "error",
    [
        TemplateError("no", entry="conf", hint="try"),
        RetryableError("later", after=3.0),
        FieldError("no", ("spec", "data"), hint="try"),
        ManyErrors([OutputError("one"), ForbiddenError("two", hint="ask")]),
        WrongUsageError("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_survives_being_handed_over(error: SealerError) -> None:
    """Whatever its class is made with."""
    found = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert repr(vars(found)) == repr(vars(error))
