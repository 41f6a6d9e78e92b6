"""Tell whether a Secret is as we left it, and mark it so that it can be told (controller.md 2).

Type, owner, labels and annotations are compared with what the SealedSecret asks for in the open.
The data is compared by digest: to see that it is right takes no private key.
"""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum

from sealer.manifest import Secret
from sealer_controller.digest import Digest, content_digest, for_patch, input_digest
from sealer_controller.marks import DIGEST_ANNOTATION, MANAGED_LABEL
from sealer_controller.objects import StoredSealedSecret
from sealer_controller.shaping import (
    finish,
    is_managed,
    is_owned,
    is_patched,
    settle,
    with_default_type,
)

__all__ = ["Stamp", "State", "unmarked"]


class State(Enum):
    """How a Secret stands to what its SealedSecret asks for."""

    RIGHT = "it is as we left it, and the same is asked for"
    DRIFTED = "the same is asked for, and somebody has changed it"
    UNKNOWN = "something else may be asked for: only opening the SealedSecret tells"


class Stamp:
    """Marks what one SealedSecret turns into, and recognises it.

    Args:
        key: The digest key.
        stored: The SealedSecret.

    Attributes:
        input: The digest of all that the result depends on.
    """

    def __init__(self, key: bytes, stored: StoredSealedSecret) -> None:
        self._key = key
        self._stored = stored
        self.input = input_digest(key, stored)

    def put_on(self, secret: Secret, *, is_patch: bool) -> Secret:
        """Return a Secret with the digests of what it holds.

        Args:
            secret: The Secret.
            is_patch: It belongs to somebody else, and only what we brought is ours.
        """
        digest = self._digest(secret, is_patch=is_patch)
        return replace(secret, annotations={**secret.annotations, DIGEST_ANNOTATION: str(digest)})

    def state(self, secret: Secret, known: bytes | None = None) -> State:
        """Tell how a Secret stands.

        Args:
            secret: The Secret as it is.
            known: The input digest under which it was last right, where that is remembered.
        """
        digest = Digest.of(secret)
        if digest is None or digest.input != self._keyed(is_patch=digest.is_patch)[1]:
            return State.DRIFTED if known == self.input else State.UNKNOWN
        if digest.is_patch and not self.may_patch(secret):
            return State.UNKNOWN
        before = with_default_type(secret)
        wanted = finish(self._stored, self._in_the_open(before))
        if settle(self._stored, before, wanted, keeps_others=True) != before:
            return State.DRIFTED
        right = self._digest(before, is_patch=is_patched(before))
        return State.RIGHT if digest == right else State.DRIFTED

    def is_ours(self, secret: Secret) -> bool:
        """Tell whether we made a Secret as it is, whatever the SealedSecret asked for then.

        To have patched a Secret is not to have made it.
        """
        digest = Digest.of(secret)
        if digest is None or digest.is_patch:
            return False
        if digest.input == self.input:
            return True
        secret = with_default_type(secret)
        first, wholly = digest.input, _metadata(secret)
        contents = (
            content_digest(self._key, first, secret),
            content_digest(self._key, first, secret, metadata=wholly),
        )
        return any(hmac.compare_digest(digest.content, each) for each in contents)

    @staticmethod
    def has_patched(secret: Secret) -> bool:
        """Tell whether a Secret says that we have only patched it."""
        digest = Digest.of(secret)
        return digest is not None and digest.is_patch

    def may_patch(self, secret: Secret) -> bool:
        """Tell whether a Secret that we have patched is not withdrawn from us by now."""
        return is_patched(secret) or is_owned(self._stored, secret) or is_managed(secret)

    def _in_the_open(self, before: Secret) -> Secret:
        """Return what is asked for, as far as it can be seen, with the data that there is."""
        if self._is_closed:
            return before
        template = self._stored.sealed.template
        return replace(
            before,
            type=template.type,
            labels=template.labels,
            annotations=template.annotations,
            owner_references=template.owner_references,
        )

    def _digest(self, secret: Secret, *, is_patch: bool) -> Digest:
        key, first = self._keyed(is_patch=is_patch)
        if self._is_closed:
            content = content_digest(key, first, secret, metadata=_metadata(secret))
        else:
            content = content_digest(key, first, self._brought(secret) if is_patch else secret)
        return Digest(first, content, is_patch=is_patch)

    def _brought(self, secret: Secret) -> Secret:
        """Return a Secret with only the items that the SealedSecret brings."""
        sealed = self._stored.sealed
        ours = sealed.encrypted_data.keys() | sealed.template.data.keys()
        data = {key: value for key, value in secret.data.items() if key in ours}
        return replace(secret, data=data)

    def _keyed(self, *, is_patch: bool) -> tuple[bytes, bytes]:
        return for_patch(self._key, self.input) if is_patch else (self._key, self.input)

    @property
    def _is_closed(self) -> bool:
        """Whether all of the Secret is sealed, its metadata too (compat.md 1.7)."""
        return self._stored.sealed.legacy_data is not None


def unmarked(secret: Secret) -> Secret:
    """Return a Secret without what only tells that it is ours."""
    return replace(
        secret,
        labels=_without(secret.labels, MANAGED_LABEL),
        annotations=_without(secret.annotations, DIGEST_ANNOTATION),
    )


def _metadata(secret: Secret) -> Mapping[str, object]:
    return {
        "labels": dict(secret.labels),
        "annotations": _without(secret.annotations, DIGEST_ANNOTATION),
    }


def _without(texts: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: text for key, text in texts.items() if key != name}
