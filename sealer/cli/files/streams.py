"""The three standard streams: what becomes of them when one is closed, or takes nothing more."""

import os
import sys
from contextlib import suppress
from typing import TextIO

# Opened the wrong way round, so that whoever uses one is told by the system that it is unusable.
_STREAMS = (("stdin", os.O_WRONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_RDONLY, "w"))


def fill_closed_streams() -> None:
    """Put something unusable where a standard stream was closed (`>&-`).

    Python has None there, which has no methods, and the next file to be opened would take the
    stream's number: what is printed would end up in it.
    """
    for name, direction, mode in _STREAMS:
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, direction)
            setattr(sys, name, open(nowhere, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - as long as the process lives


def silence(stream: TextIO) -> None:
    """Send what a stream that failed still holds nowhere.

    Otherwise the interpreter tries to write it when it ends, fails again, and exits with 120.
    """
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
