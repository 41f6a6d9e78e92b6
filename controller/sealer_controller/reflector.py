"""Keep up with a set of objects: list them, then watch what happens to them, for ever.

A watch is a hint that breaks: it ends every few minutes, it expires, it is cut, it goes silent. The
reflector makes one unbroken story out of it. What it promises to its reader:

- every object there is, is reported once at the start, then each time its version changes;
- an object that went away is reported as deleted, also if nobody watched when it happened;
- after a break it goes on where it was, and lists again only if the server has forgotten that point;
- a failure is waited out with growing, random pauses and never shorter than the server asks.

`Known` decides what has changed, without any I/O; `reflect` does the talking.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Generic, Protocol

from sealer.errors import RetryableError, TerminalError
from sealer_controller.kubedecode import Change as Kind
from sealer_controller.kubedecode import Event, Page
from sealer_controller.kubeobjects import Key, ObjectT, Unreadable, key_of

__all__ = [
    "Change",
    "Deleted",
    "Interrupted",
    "Known",
    "ListWatch",
    "Pace",
    "Progress",
    "Synced",
    "Upserted",
    "reflect",
]
