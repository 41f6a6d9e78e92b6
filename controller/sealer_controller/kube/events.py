"""Record Events so that what happens again counts up and does not fill the list.

As client-go does: the same words about the same object are one Event, whose `count` and
`lastTimestamp` change (compat.md 2.6).
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sealer.errors import SealerError, TerminalError
from sealer_controller import logs
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.errors import ConflictError
from sealer_controller.kube.types import EVENTS
from sealer_controller.objects import Event, Key

__all__ = ["About", "EventRecorder"]

_log = logs.logger(__name__)
# As many as client-go remembers. What is forgotten is only recorded as an Event of its own.
_MAXIMUM_SERIES = 4096


class About(NamedTuple):
    """What an Event is about: namespace and name, and the UID where it is known."""

    key: Key
    uid: str = ""


@dataclass(frozen=True, slots=True)
class _Series:
    name: str
    version: str
    count: int


class EventRecorder:
    """Records Events. A failure is logged and forgotten: what they tell stands elsewhere too.

    Args:
        client: The API server.
    """

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._series: OrderedDict[tuple[About, Event], _Series] = OrderedDict()

    async def record(self, about: About, event: Event, body: Mapping[str, object]) -> None:
        """Record an Event, or count up the one that says the same already.

        Args:
            about: What it is about.
            event: What it says.
            body: All of it, as it is sent the first time.
        """
        known = self._series.pop((about, event), None)
        try:
            series = await self._counted(about.key, known, body) or await self._first(
                about.key, body
            )
        except SealerError as error:
            _log.warning(
                "event_not_recorded",
                namespace=about.key.namespace,
                name=about.key.name,
                reason=event.reason,
                message=error.message,
            )
            return
        self._series[about, event] = series
        if len(self._series) > _MAXIMUM_SERIES:
            self._series.popitem(last=False)

    async def _first(self, key: Key, body: Mapping[str, object]) -> _Series:
        created = await self._client.create(EVENTS, body, key.namespace)
        return _Series(created.metadata.name, created.metadata.resource_version, 1)

    async def _counted(
        self, key: Key, known: _Series | None, body: Mapping[str, object]
    ) -> _Series | None:
        """Count an Event up; None where there is none, it was changed, or we may not."""
        if known is None:
            return None
        patch = {
            "metadata": {"resourceVersion": known.version},
            "count": known.count + 1,
            "lastTimestamp": body["lastTimestamp"],
        }
        try:
            counted = await self._client.merge_patch(EVENTS, patch, known.name, key.namespace)
        except (ConflictError, TerminalError):  # the API server keeps Events for an hour
            return None
        return _Series(known.name, counted.metadata.resource_version, known.count + 1)
