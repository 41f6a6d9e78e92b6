"""Which of several replicas may write, and for how long: decisions without effects.

The replicas share one record, a Lease. Its holder writes the Secrets and renews the Lease again and
again; the others take it when it has not been renewed for as long as it says. Nobody compares the
clocks of two machines: whether a Lease has run out is what each has seen by its own clock.

        asks to renew                                     may write no longer
    holder  |-------------------- tenure -----------------------|
    others       |--------------------------- duration ----------------------------|
              see the renewal                                              may take it

The holder counts from before it asked and the others from after they saw the answer, so the holder
has always stopped when another begins (controller.md 4). Replicas may be set to different
durations: each waits for as long as the holder says, or for its own time if that is longer. None
can be set to more than `LONGEST`, so a Lease that says more is no replica's, and nobody waits
longer.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

__all__ = [
    "LONGEST",
    "SHORTEST",
    "Lease",
    "Sighting",
    "Take",
    "Terms",
    "Wait",
    "next_step",
    "released",
    "see",
]

# What replicas can be set to. Shorter, and one slow answer ends a tenure.
SHORTEST, LONGEST = timedelta(seconds=3), timedelta(minutes=1)

# As client-go gives a Lease back: whoever does not look at the holder may take it very soon.
_RELEASED_SECONDS = 1
# Who holds a Lease that is gone; no replica is called so.
_SOMEBODY = "(unknown)"


@dataclass(frozen=True, slots=True)
class Terms:
    """How long everything takes.

    Attributes:
        duration: Seconds without a renewal after which others may take the Lease, from `SHORTEST`
            to `LONGEST`.
    """

    duration: float = 10.0

    @property
    def renewal(self) -> float:
        """Seconds from one renewal, or look at the Lease, to the next."""
        return self.duration / 5

    @property
    def patience(self) -> float:
        """Seconds to wait for an answer; then there is time to ask again on another connection."""
        return self.duration * 2 / 5

    @property
    def tenure(self) -> float:
        """Seconds for which the holder may write, from before it asked.

        What is left of the duration is for what is on its way and for clocks that are not equally
        fast.
        """
        return self.duration * 4 / 5


@dataclass(frozen=True, slots=True)
class Lease:
    """The record that the replicas share.

    Attributes:
        holder: Who has it; empty for nobody.
        seconds: How long it lasts from each renewal, as its holder says; 0 where it does not say.
        transitions: How often it has passed to somebody else.
        acquired: When the holder got it. This and the next are for people: no decision looks at
            them.
        renewed: When it was renewed last.
        version: Another one after each change; empty while the record does not exist.
    """

    holder: str = ""
    seconds: int = 0
    transitions: int = 0
    acquired: datetime | None = None
    renewed: datetime | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A Lease as a replica knows it.

    Attributes:
        lease: The Lease.
        since: Since when, by the replica's clock, it is known to be unchanged.
    """

    lease: Lease
    since: float


@dataclass(frozen=True, slots=True)
class Take:
    """Write this Lease: ours from then on, or for longer."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class Wait:
    """The Lease is somebody else's, for at least so many seconds unless it is given back."""

    seconds: float


def see(before: Sighting | None, found: Lease | None, now: float) -> Sighting:
    """Return what a replica knows once it has looked at the Lease.

    Args:
        before: What it knew.
        found: The Lease as it is; None where there is none. If there was one, somebody has removed
            it, and whoever held it last, which we cannot know, may not have noticed: it runs out
            as any other.
        now: Seconds of the replica's clock, read after the answer came.
    """
    if before is None:
        return Sighting(found or Lease(), now)
    if before.lease.version == (found.version if found else ""):
        return before
    return Sighting(found or replace(before.lease, holder=_SOMEBODY, version=""), now)


def next_step(
    name: str, sighting: Sighting, terms: Terms, *, now: float, time: datetime
) -> Take | Wait:
    """Return what a replica is to do.

    Args:
        name: Its name, which no other replica has.
        sighting: What it knows of the Lease.
        terms: How long everything takes.
        now: Seconds of its clock.
        time: The time of day, UTC.
    """
    lease = sighting.lease
    said = min(lease.seconds, LONGEST.total_seconds())
    left = sighting.since + max(said, terms.duration) - now
    if lease.holder not in ("", name) and left > 0:
        return Wait(left)
    is_ours = lease.holder == name
    return Take(
        Lease(
            holder=name,
            seconds=math.ceil(terms.duration),
            transitions=lease.transitions + (not is_ours and _has_been_held(lease)),
            acquired=lease.acquired if is_ours else time,
            renewed=time,
            version=lease.version,
        )
    )


def released(lease: Lease, time: datetime) -> Lease:
    """Return a Lease that its holder gives back: anybody may take it at once.

    Args:
        lease: The Lease.
        time: The time of day, UTC.
    """
    return replace(lease, holder="", seconds=_RELEASED_SECONDS, acquired=time, renewed=time)


def _has_been_held(lease: Lease) -> bool:
    return bool(lease.version or lease.holder)
