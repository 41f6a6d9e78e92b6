"""Tell whether a Secret is as we left it, and mark it so that it can be told (controller.md 2).

Type, owner, labels and annotations are compared with what the SealedSecret asks for in the open.
The data is compared by digest: to see that it is right takes no private key.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum

from sealer.manifest import Secret
from sealer_controller.digest import Digest, content_digest, input_digest
from sealer_controller.marks import DIGEST_ANNOTATION, MANAGED_LABEL
from sealer_controller.objects import StoredSealedSecret
from sealer_controller.shaping import finish, is_patched, settle, with_default_type

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
        digest = Digest(self.input, self._content(self.input, secret, is_patch=is_patch))
        return replace(secret, annotations={**secret.annotations, DIGEST_ANNOTATION: str(digest)})

    def state(self, secret: Secret, known: bytes | None = None) -> State:
        """Tell how a Secret stands.

        Args:
            secret: The Secret as it is.
            known: The input digest under which it was last right, where that is remembered.
        """
        digest = Digest.of(secret)
        if digest is None or digest.input != self.input:
            return State.DRIFTED if known == self.input else State.UNKNOWN
        before = with_default_type(secret)
        wanted = finish(self._stored, self._in_the_open(before))
        if settle(self._stored, before, wanted, keeps_others=True) != before:
            return State.DRIFTED
        content = self._content(self.input, before, is_patch=is_patched(before))
        return State.RIGHT if digest.content == content else State.DRIFTED

    def is_ours(self, secret: Secret) -> bool:
        """Tell whether we made a Secret as it is, whatever the SealedSecret asked for then."""
        digest = Digest.of(secret)
        if digest is None:
            return False
        if digest.input == self.input:
            return True
        secret = with_default_type(secret)
        first, wholly = digest.input, _metadata(secret)
        contents = (
            content_digest(self._key, first, secret),
            content_digest(self._key, first, secret, metadata=wholly),
        )
        return digest.content in contents

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

    def _content(self, first: bytes, secret: Secret, *, is_patch: bool) -> bytes:
        if self._is_closed:
            return content_digest(self._key, first, secret, metadata=_metadata(secret))
        if is_patch:
            sealed = self._stored.sealed
            ours = sealed.encrypted_data.keys() | sealed.template.data.keys()
            data = {key: value for key, value in secret.data.items() if key in ours}
            secret = replace(secret, data=data)
        return content_digest(self._key, first, secret)

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
