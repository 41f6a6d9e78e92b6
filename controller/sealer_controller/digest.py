"""Tell without opening anything whether a Secret is what its SealedSecret asks for.

Each Secret that we produce carries two digests. The first is over everything that the result
depends on, the second over the first and the result. As long as both are right there is nothing to
decrypt and nothing to write (controller.md 2, rule 1). They are keyed, so that nobody who reads a
Secret's metadata can try values, and nobody without the key can make them.

On a Secret of somebody else's that is only patched they say just that, and are made with another
key: they show what we left there, and never that the Secret is ours.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sealer.manifest import SealedSecret, Secret
from sealer.scope import Scope
from sealer_controller.marks import DIGEST_ANNOTATION, RESULT_ANNOTATIONS
from sealer_controller.objects import StoredSealedSecret

__all__ = ["Digest", "content_digest", "for_patch", "input_digest"]

# The number is the format: whoever changes what is digested, or how, counts it up.
_INPUT_TAG = b"sealer.dev/input-digest/1\0"
_CONTENT_TAG = b"sealer.dev/content-digest/1\0"
_PATCH_TAG = b"sealer.dev/patch-digest/1\0"
_PATCH_MARK = "patch-"
# Counted up when the template engine renders the same text to something else than before.
_TEMPLATE_ENGINE = 2
_SIZE = hashlib.sha256().digest_size
_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Digest:
    """What the annotation on a Secret says.

    Attributes:
        input: Over all that the result depends on.
        content: Over `input` and the result.
        is_patch: The Secret was not made, but only patched.
    """

    input: bytes
    content: bytes
    is_patch: bool = False

    def __str__(self) -> str:
        """Return the annotation's text."""
        mark = _PATCH_MARK if self.is_patch else ""
        return f"{mark}{self.input.hex()}-{self.content.hex()}"

    @classmethod
    def of(cls, secret: Secret) -> Self | None:
        """Return what a Secret carries; None when that is nothing of ours."""
        text = secret.annotations.get(DIGEST_ANNOTATION, "")
        try:
            first, second = map(bytes.fromhex, text.removeprefix(_PATCH_MARK).split("-"))
        except ValueError:
            return None
        if not len(first) == len(second) == _SIZE:
            # What stands there is anybody's, and goes into a digest of ours without its length.
            return None
        return cls(first, second, is_patch=text.startswith(_PATCH_MARK))


def for_patch(key: bytes, first: bytes) -> tuple[bytes, bytes]:
    """Return the key and the input digest that count on a Secret that is only patched.

    Args:
        key: The digest key.
        first: The input digest.
    """
    key = hmac.digest(key, _PATCH_TAG, "sha256")
    return key, hmac.digest(key, first, "sha256")


def input_digest(key: bytes, stored: StoredSealedSecret) -> bytes:
    """Return the digest of everything that decides what a SealedSecret turns into.

    Args:
        key: The digest key.
        stored: The SealedSecret; its UID counts, so that nothing is taken for granted of an object
            that was deleted and made again.
    """
    sealed = stored.sealed
    template = sealed.template
    inputs = {
        "namespace": sealed.namespace,
        "name": sealed.name,
        "uid": stored.uid,
        "scope": Scope.of(sealed.annotations).value,
        "annotations": _of_result(sealed),
        "encryptedData": dict(sealed.encrypted_data),
        "data": sealed.legacy_data,
        "type": template.type,
        "immutable": template.immutable,
        "labels": dict(template.labels),
        "templateAnnotations": dict(template.annotations),
        "finalizers": template.finalizers,
        "ownerReferences": [dict(reference) for reference in template.owner_references],
        "templates": dict(template.data),
        "engine": _TEMPLATE_ENGINE if template.data else None,
    }
    # Escaped to ASCII: also what is no valid text has one form.
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, _INPUT_TAG + text.encode("ascii"), "sha256")


def content_digest(
    key: bytes, first: bytes, secret: Secret, *, metadata: Mapping[str, object] | None = None
) -> bytes:
    """Return the digest of a result.

    Args:
        key: The digest key.
        first: The input digest.
        secret: Namespace, name, type and data count.
        metadata: What counts besides, as JSON values, where the input does not say it.
    """
    mac = hmac.new(key, _CONTENT_TAG + first, "sha256")
    parts = [_bytes(text) for text in (secret.namespace, secret.name, secret.type)]
    for item, value in sorted(secret.data.items()):
        parts += (_bytes(item), value.reveal())
    if metadata is not None:
        parts.append(json.dumps(metadata, sort_keys=True).encode("ascii"))
    for part in parts:
        mac.update(len(part).to_bytes(_LENGTH_BYTES))
        mac.update(part)
    return mac.digest()


def _of_result(sealed: SealedSecret) -> dict[str, str]:
    return {name: sealed.annotations.get(name, "") for name in RESULT_ANNOTATIONS}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
