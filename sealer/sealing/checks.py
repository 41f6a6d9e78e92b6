"""What the API server would refuse about a Secret, found before anything is sealed.

Source: Kubernetes' validation of `core/v1` Secrets; the messages are the API server's where it
has one.
"""

import json
from collections.abc import Callable, Collection

from sealer.manifest.fields import FieldError
from sealer.manifest.secret import SERVICE_ACCOUNT_TOKEN, Secret
from sealer.sensitive import SecretBytes

MAXIMUM_DATA_SIZE = 1024 * 1024
# For each type the items that it demands; of a tuple of several, one is enough.
_REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "kubernetes.io/tls": (("tls.crt",), ("tls.key",)),
    "kubernetes.io/ssh-auth": (("ssh-privatekey",),),
    "kubernetes.io/basic-auth": (("username", "password"),),
    "kubernetes.io/dockercfg": ((".dockercfg",),),
    "kubernetes.io/dockerconfigjson": ((".dockerconfigjson",),),
}


def check_secret_type(secret: Secret) -> None:
    """Refuse a Secret that the API server would refuse for its type or size.

    Raises:
        ManifestError: An item that the type demands is missing or malformed, the data is too
            large, or the type is one that only Kubernetes itself may fill.
    """
    size = sum(len(value) for value in secret.data.values())
    if size > MAXIMUM_DATA_SIZE:
        raise FieldError(
            f"data: Too long: may not be more than {MAXIMUM_DATA_SIZE} bytes", ("data",)
        )
    missing = missing_items(secret.type, secret.data)
    if missing:
        text = ", ".join(f"data[{key}]: Required value" for key in missing)
        raise FieldError(text, ("data",), hint=f"type {secret.type} demands it")
    check_items(secret)


def check_items(secret: Secret) -> None:
    """Refuse a type, or an item, that the API server would refuse; none has to be there.

    Raises:
        ManifestError: An item is not what the type demands, or the type is one that only
            Kubernetes itself may fill.
    """
    if secret.type == SERVICE_ACCOUNT_TOKEN:
        raise FieldError(
            "a service account token is made by the cluster and cannot be sealed",
            ("type",),
            hint="create the ServiceAccount, or seal the token as type Opaque",
        )
    key, check = _CHECKS.get(secret.type, ("", None))
    if check is not None and key in secret.data:
        check(key, secret.data[key])


def missing_items(secret_type: str, keys: Collection[str]) -> list[str]:
    """Return the items that a Secret of a type has to have and lacks.

    Of a set of which one is enough, all are returned when there is none.
    """
    return [
        key
        for alternatives in _REQUIRED.get(secret_type, ())
        if not any(key in keys for key in alternatives)
        for key in alternatives
    ]


def type_demand(secret_type: str, missing: Collection[str]) -> str:
    """Return in words that a type demands items that are missing."""
    has_choice = any(len(alternatives) > 1 for alternatives in _REQUIRED.get(secret_type, ()))
    word = " or " if has_choice else " and "
    return f"type {secret_type} demands {word.join(missing)}"


def _check_filled(key: str, value: SecretBytes) -> None:
    if not len(value):
        raise FieldError(f"data[{key}]: Required value", ("data", key))


def _check_json(key: str, value: SecretBytes) -> None:
    try:
        json.loads(value.reveal())
    except (ValueError, RecursionError):
        raise FieldError(f"data[{key}]: Invalid value: not JSON", ("data", key)) from None


_CHECKS: dict[str, tuple[str, Callable[[str, SecretBytes], None]]] = {
    "kubernetes.io/ssh-auth": ("ssh-privatekey", _check_filled),
    "kubernetes.io/dockercfg": (".dockercfg", _check_json),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson", _check_json),
}
