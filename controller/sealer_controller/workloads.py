"""What runs and reads a Secret, and the stamp by which it is rolled when the Secret changes.

A workload is rolled by a change of its pod template. The stamp in there is a keyed digest of the
items that the workload reads: it changes when they do and never otherwise, and it tells nothing to
those who do not have the key (controller.md 2, rule 10).
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from sealer.errors import IdentityError, TerminalError
from sealer.manifest import Secret
from sealer.manifest.references import Way, find_references
from sealer.scope import check_name
from sealer_controller.objects import Key

__all__ = [
    "AUTO",
    "KINDS",
    "Reading",
    "TargetError",
    "Workload",
    "parse_targets",
    "reading",
    "stamp_name",
    "wanted_stamp",
]

KINDS = ("Deployment", "StatefulSet", "DaemonSet")
AUTO = "auto"
_WAYS = frozenset((Way.ENV, Way.ENV_FROM, Way.VOLUME, Way.PROJECTED))
_PREFIX = "restart.sealer.dev/"
_LONGEST_NAME = 63
_SHOWN_CHARACTERS = 80
# Each is asked for by itself.
_MOST_TARGETS = 100
_HASH_CHARACTERS = 10
_STAMP_TAG = b"sealer.dev/restart/1\0"
_KEY_TAG = b"sealer.dev/restart-key/1\0"
_LENGTH_BYTES = 8
_STAMP_BYTES = 16
_KEY_BYTES = 4


class TargetError(TerminalError):
    """The annotation does not say what to restart."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Something of one of `KINDS`.

    Attributes:
        kind: Its kind.
        key: Its namespace and name.
        resource_version: The version that was read; a write from an older one is a conflict.
        template: Its pod template as JSON values.
        stamps: The annotations of the template.
    """

    kind: str
    key: Key
    resource_version: str = ""
    template: object = field(default=None, repr=False)
    stamps: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return `Kind/name`."""
        return f"{self.kind}/{self.key.name}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Which items of a Secret a workload reads.

    Attributes:
        items: Their keys; None for all of them.
    """

    items: frozenset[str] | None = None

    def of(self, secret: Secret) -> dict[str, bytes]:
        """Return what a workload reads of a Secret."""
        return {
            key: value.reveal()
            for key, value in secret.data.items()
            if self.items is None or key in self.items
        }


def parse_targets(text: str) -> tuple[tuple[str, str], ...]:
    """Return the kinds and names that an annotation lists; none for `auto`.

    Raises:
        TargetError: It says neither `auto` nor what to restart.
    """
    if text.strip() == AUTO:
        return ()
    targets = []
    for part in text.split(","):
        kind, _, name = part.strip().partition("/")
        if kind not in KINDS or not _is_name(name):
            raise TargetError(
                f"sealer.dev/restart: {part.strip()[:_SHOWN_CHARACTERS]!r} is no workload",
                hint=f"write {AUTO}, or a list such as Deployment/web, StatefulSet/db",
            )
        targets.append((kind, name))
    if len(targets) > _MOST_TARGETS:
        raise TargetError(
            f"sealer.dev/restart: there are more than {_MOST_TARGETS} workloads in the list",
            hint=f"write {AUTO}",
        )
    return tuple(dict.fromkeys(targets))


def reading(workload: Workload, secret_name: str) -> Reading | None:
    """Return what a workload reads of a Secret through variables and volumes; None for nothing."""
    manifest = {"kind": workload.kind, "spec": {"template": workload.template}}
    found = [
        reference
        for reference in find_references(manifest)
        if reference.name == secret_name and reference.way in _WAYS
    ]
    if not found:
        return None
    if any(reference.takes_all for reference in found):
        return Reading()
    return Reading(frozenset(key for reference in found for key in reference.named_keys))


def _is_name(text: str) -> bool:
    try:
        check_name(text)
    except IdentityError:
        return False
    return True


def stamp_name(secret_name: str) -> str:
    """Return the annotation of pod templates that is about a Secret."""
    if len(secret_name) <= _LONGEST_NAME:
        return _PREFIX + secret_name
    mark = sha256(secret_name.encode()).hexdigest()[:_HASH_CHARACTERS]
    start = secret_name[: _LONGEST_NAME - len(mark) - 1]
    return f"{_PREFIX}{start}-{mark}"


def wanted_stamp(digest_key: bytes, secret: Secret, read: Reading) -> str:
    """Return the stamp of a workload that has what it reads of a Secret.

    It names the key that it was made with, so that stamps of two keys are not taken for different
    content.
    """
    mac = hmac.new(digest_key, _STAMP_TAG, "sha256")
    parts = [secret.namespace.encode(), secret.name.encode()]
    for key, value in sorted(read.of(secret).items()):
        parts += (key.encode(), value)
    for part in parts:
        mac.update(len(part).to_bytes(_LENGTH_BYTES))
        mac.update(part)
    key_id = hmac.digest(digest_key, _KEY_TAG, "sha256")[:_KEY_BYTES]
    return f"{key_id.hex()}-{mac.digest()[:_STAMP_BYTES].hex()}"
