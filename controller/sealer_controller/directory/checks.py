"""Refuse what the API server would refuse about a Secret, in its words, where there is none.

So an object that works on a plain host works in a cluster too, and fails in both alike.
"""

from collections.abc import Iterator

from sealer.errors import ManifestError
from sealer.manifest import Secret
from sealer.manifest.secret import DEFAULT_TYPE
from sealer.scope import MAXIMUM_NAME_LENGTH, is_item_key
from sealer.sealing import check_secret_type
from sealer_controller.errors import ImmutableSecretError, RejectedError

__all__ = ["check_change", "check_secret"]

_IMMUTABLE = "Forbidden: field is immutable when `immutable` is set"
_ITEM_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
    "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)


def check_secret(secret: Secret) -> None:
    """Refuse a Secret that may not exist as it is.

    Raises:
        RejectedError: The message is the API server's.
    """
    faults = [*_item_faults(secret), *_type_faults(secret)]
    if faults:
        raise RejectedError(_invalid(secret, faults))


def check_change(before: Secret, after: Secret) -> None:
    """Refuse a change that may not be made.

    Raises:
        ImmutableSecretError: The existing Secret is immutable, and its data or that would change.
        RejectedError: Its type would change.
    """
    if before.immutable:
        faults = []
        if not after.immutable:
            faults.append(f"immutable: {_IMMUTABLE}")
        if after.data != before.data:
            faults.append(f"data: {_IMMUTABLE}")
        if faults:
            raise ImmutableSecretError(_invalid(after, faults))
    new = after.type or DEFAULT_TYPE
    if new != (before.type or DEFAULT_TYPE):
        fault = f'type: Invalid value: "{new}": field is immutable'
        raise RejectedError(_invalid(after, [fault]))


def _item_faults(secret: Secret) -> Iterator[str]:
    for key in sorted(secret.data):
        if is_item_key(key):
            continue
        if len(key) > MAXIMUM_NAME_LENGTH:
            why = f"must be no more than {MAXIMUM_NAME_LENGTH} characters"
        elif key in (".", ".."):
            why = f"must not be '{key}'"
        elif key.startswith(".."):
            why = "must not start with '..'"
        else:
            why = _ITEM_RULE
        yield f'data[{key}]: Invalid value: "{key}": {why}'


def _type_faults(secret: Secret) -> Iterator[str]:
    try:
        check_secret_type(secret)
    except ManifestError as error:
        yield error.message


def _invalid(secret: Secret, faults: list[str]) -> str:
    text = faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]"
    return f'Secret "{secret.name}" is invalid: {text}'
