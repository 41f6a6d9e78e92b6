"""Answer whether a SealedSecret opens, and seal it anew with the newest key.

Values are opened and sealed item by item. No template is rendered and no Secret is built: otherwise
whoever may ask could arrange the values of others into a template, and learn of them from the
answer (compat.md 3.4, 7). An answer is yes or no; why not is only for the log, as a type.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from sealer.envelope import Opened, seal_value
from sealer.errors import IdentityError, SealerError
from sealer.scope import check_name, check_namespace
from sealer_controller import logs
from sealer_controller.submission import Submission, read_submission
from sealer_controller.unsealer import Unsealer
from sealer_keys.errors import EmptyKeyringError
from sealer_keys.keyring import Keyring

__all__ = ["Answer", "Operations"]

_log = logs.logger(__name__)
# Each may take 30 MB while it lasts. Reconciles get their turn between two items of a request, and
# so wait for no more items than this.
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered.

    Attributes:
        status: The HTTP status.
        body: JSON, or nothing.
    """

    status: HTTPStatus
    body: bytes = b""


class Operations:
    """Does what people ask for with an object that they send along.

    Where there is no key for it, the answer is 503.

    Args:
        unsealer: Opens values, in its own threads.
        keyring: Returns the sealing keys.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        unsealer: Unsealer,
        keyring: Callable[[], Keyring],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._unsealer = unsealer
        self._keyring = keyring
        self._clock = clock
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def verify(self, body: bytes) -> Answer:
        """Answer 200 if every item opens, 409 if one does not, 400 if that is no SealedSecret.

        Args:
            body: The object as JSON or YAML.
        """
        return await self._answered("verified", body, self._opened, HTTPStatus.CONFLICT)

    async def rotate(self, body: bytes, *, only_outdated: bool = False) -> Answer:
        """Answer 200 and the object sealed anew, 500 if an item does not open, or 400.

        Name, namespace, scope and everything else but the sealed values stay as they are.

        Args:
            body: The object as JSON or YAML.
            only_outdated: Leave what the newest key already seals byte for byte.
        """
        work = partial(self._sealed_anew, only_outdated=only_outdated)
        return await self._answered("rotated", body, work, HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _opened(self, submission: Submission) -> bytes:
        await self._unsealer.open_items(submission.sealed, lambda _opened: None)
        return b""

    async def _sealed_anew(self, submission: Submission, *, only_outdated: bool) -> bytes:
        newest, identity = self._keyring().certificate, submission.sealed.identity

        def seal(opened: Opened) -> str | None:
            if only_outdated and opened.key == newest.fingerprint:
                return None
            return seal_value(opened.plaintext, newest.public_key, identity)

        texts = await self._unsealer.open_items(submission.sealed, seal)
        values = {item: text for item, text in texts.items() if text is not None}
        return await asyncio.to_thread(submission.with_values, values, newest.fingerprint)

    async def _answered(
        self,
        event: str,
        body: bytes,
        work: Callable[[Submission], Awaitable[bytes]],
        refusal: HTTPStatus,
    ) -> Answer:
        """Read what was sent, do the work on it, and log one line about it."""
        if not len(self._keyring()):
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE)
        started, about, fault = self._clock(), {}, ""
        answer = Answer(HTTPStatus.BAD_REQUEST)
        try:
            async with self._turns:
                submission = await asyncio.to_thread(read_submission, body)
                about, answer = _named(submission), Answer(refusal)
                answer = Answer(HTTPStatus.OK, await work(submission))
        except SealerError as error:
            fault = type(error).__name__
            if isinstance(error, EmptyKeyringError):  # none that may seal: one is being made
                answer = Answer(HTTPStatus.SERVICE_UNAVAILABLE)
        seconds = round(self._clock() - started, 4)
        _log.info(event, **about, code=int(answer.status), fault=fault, seconds=seconds)
        return answer


def _named(submission: Submission) -> dict[str, str]:
    """Return as fields which object was sent, as far as it has legal names."""
    fields = {}
    sealed = submission.sealed
    for field, text, check in (
        ("namespace", sealed.namespace, check_namespace),
        ("name", sealed.name, check_name),
    ):
        try:
            check(text)
        except IdentityError:
            continue
        fields[field] = text
    return fields
