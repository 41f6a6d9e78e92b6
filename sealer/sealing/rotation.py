"""What a controller is sent to seal an object anew, and what of its answer is believed.

The original unseals the whole object, renders its templates and seals the resulting Secret, so it
is sent no more than the items and the identity; of the answer nothing is taken but the items, and
only if they can be the same values (compat.md 3.4, controller.md 6).
"""

import json
from collections.abc import Mapping

from sealer.documents import Mapping as Node
from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.errors import InputError, ManyErrors, SealedValueError, SealerError
from sealer.manifest import SealedSecret, read_sealed_secret, sealedsecret
from sealer.scope import Identity
from sealer.sealing.hints import SEALING_KEYS, read_hints
from sealer.sealing.reseal import Renewal
from sealer.wire import split
from sealer_keys.certificate import Certificate
from sealer_keys.fingerprint import Fingerprint, short

_LINE_ENDS = {ord("\r"): None, ord("\n"): None}


class RotationError(SealerError):
    """A controller's answer is not the object that was sent. Nothing of it may be used."""


def is_hinted(sealed: SealedSecret, newest: Fingerprint) -> bool:
    """Tell whether every item is noted to be sealed with the newest key; true without items."""
    hints = read_hints(sealed)
    return all(hints.get(item) == short(newest) for item in sealed.encrypted_data)


def rotation_request(sealed: SealedSecret) -> bytes:
    """Return what to send: the items, the identity, and the hints which key sealed them.

    Older controllers take the scope from the template, so it says there what the object says.

    Raises:
        IdentityError: Name or namespace is not legal.
    """
    identity = sealed.identity
    identity.label  # noqa: B018 - refuses illegal names
    hints = {key: text for key, text in sealed.annotations.items() if key == SEALING_KEYS}
    metadata: dict[str, object] = {"name": sealed.name}
    if sealed.namespace:
        metadata["namespace"] = sealed.namespace
    if annotations := identity.scope.annotations | hints:
        metadata["annotations"] = annotations
    manifest = {
        "apiVersion": sealedsecret.API_VERSION,
        "kind": sealedsecret.KIND,
        "metadata": metadata,
        "spec": {
            "template": {"metadata": metadata},
            "encryptedData": {
                item: text.translate(_LINE_ENDS) for item, text in sealed.encrypted_data.items()
            },
        },
    }
    return json.dumps(manifest, separators=(",", ":"), ensure_ascii=False).encode()


def read_rotation(answer: bytes, sealed: SealedSecret, newest: Certificate | None) -> Renewal:
    """Return what a controller made of the items.

    Args:
        answer: What it answered.
        sealed: The object that was sent.
        newest: The certificate that the controller seals with; None where it is not known.

    Raises:
        RotationError: It answered with something else than this object.
    """
    rotated = _read(answer)
    _check_identity(rotated.identity, sealed.identity)
    _check_items(set(rotated.encrypted_data), set(sealed.encrypted_data))
    values: dict[str, str] = {}
    for item, before in sealed.encrypted_data.items():
        after = rotated.encrypted_data[item]
        if after.translate(_LINE_ENDS) != before.translate(_LINE_ENDS):
            _check_value(item, before, after, newest)
            values[item] = after
    kept = tuple(sorted(sealed.encrypted_data.keys() - values.keys()))
    return Renewal(values, kept, key=newest.fingerprint if newest else None)


def with_values(sealed: SealedSecret, values: Mapping[str, str]) -> SealedSecret:
    """Return an object with other sealed values and without hints, to be sent once more."""
    return SealedSecret(
        sealed.namespace,
        sealed.name,
        {**sealed.encrypted_data, **values},
        annotations=sealed.identity.scope.annotations,
    )


def _read(answer: bytes) -> SealedSecret:
    """Read a SealedSecret; the original leaves apiVersion and kind out."""
    try:
        (document,) = read_stream(answer).documents
        if document.error is not None or not isinstance(document.root, Node):
            raise RotationError("the controller's answer is no object")
        manifest = plain(document.root)
        defaults = {"apiVersion": sealedsecret.API_VERSION, "kind": sealedsecret.KIND}
        return read_sealed_secret(defaults | dict(manifest) if isinstance(manifest, dict) else {})
    except (ValueError, InputError, ManyErrors):
        raise RotationError("the controller's answer is no SealedSecret") from None


def _check_identity(after: Identity, before: Identity) -> None:
    if after != before:
        raise RotationError(
            f"the controller answered with another object: {after} ({after.scope.value}) "
            f"in place of {before} ({before.scope.value})"
        )


def _check_items(after: set[str], before: set[str]) -> None:
    if lost := sorted(before - after):
        raise RotationError(f"the controller's answer lacks {', '.join(lost)}")
    if added := sorted(after - before):
        raise RotationError(f"the controller's answer has items of its own: {', '.join(added)}")


def _check_value(item: str, before: str, after: str, newest: Certificate | None) -> None:
    """Refuse a new value that cannot be the old one: not sealed so, or of another length."""
    try:
        old, new = split(before), split(after)
    except SealedValueError:
        raise RotationError(f"the controller's answer holds no sealed value for {item}") from None
    if newest is not None and len(new.wrapped_key) != (newest.bits + 7) // 8:
        raise RotationError(f"the controller sealed {item} with another key than its newest one")
    if len(new.ciphertext) != len(old.ciphertext):
        raise RotationError(f"the controller's answer for {item} is longer or shorter than before")
