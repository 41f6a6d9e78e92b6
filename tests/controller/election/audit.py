"""What the API server's audit tells about who wrote, and who led."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

__all__ = ["Write", "double_writers", "writes"]

_OK = 300


@dataclass(frozen=True)
class Write:
    """A write that the server carried out, or refused.

    Attributes:
        user: Who asked for it.
        what: The kind of object.
        name: Its name.
        received: When the server got the request.
        done: When it had answered.
        is_done: Whether it was carried out.
        holder: Of a Lease, who has it after that.
    """

    user: str
    what: str
    name: str
    received: datetime
    done: datetime
    is_done: bool
    holder: str


def writes(log: Path, namespace: str) -> list[Write]:
    """Return every write by a ServiceAccount of a namespace, in the order in which they came."""
    found = []
    with log.open() as lines:
        for line in lines:
            entry = json.loads(line) if line.endswith("\n") else {}
            if (
                entry.get("user", {})
                .get("username", "")
                .startswith(f"system:serviceaccount:{namespace}:")
            ):
                found.append(_write(entry))
    return sorted(found, key=lambda each: each.received)


def double_writers(found: list[Write], duration: timedelta) -> list[Write]:
    """Return the writes that came when somebody else led, or nobody any more.

    Who leads is who has last written the Lease. A write that was on its way while it changed hands
    is none of these.

    Args:
        found: All writes of the replicas.
        duration: How long the Lease lasts after each renewal.
    """
    leases = [each for each in found if each.what == "leases" and each.is_done]
    wrong = []
    for each in found:
        if each.what == "leases":
            continue
        before = [lease for lease in leases if lease.done < each.received]
        last = before[-1] if before else None
        is_right = last and last.holder and last.user == each.user
        if not is_right or last is None or each.received - last.done > duration:
            wrong.append(each)
    return wrong


def _write(entry: dict[str, Any]) -> Write:
    about = entry["objectRef"]
    subresource = f"/{about['subresource']}" if "subresource" in about else ""
    body = entry.get("requestObject", {})
    return Write(
        user=entry["user"]["username"].rpartition(":")[2],
        what=about["resource"] + subresource,
        name=about.get("name", ""),
        received=datetime.fromisoformat(entry["requestReceivedTimestamp"]),
        done=datetime.fromisoformat(entry["stageTimestamp"]),
        is_done=entry["responseStatus"]["code"] < _OK,
        holder=body.get("spec", {}).get("holderIdentity") or "",
    )
