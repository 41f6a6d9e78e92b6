"""What the API server would refuse about a Secret, found before anything is sealed.

Source: Kubernetes' validation of `core/v1` Secrets; the messages are the API server's where it
has one.
"""

import json
from collections.abc import Callable, Collection

from sealer.manifest.fields import FieldError
from sealer.manifest.secret import SERVICE_ACCOUNT_TOKEN, Secret

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
    if secret.type == SERVICE_ACCOUNT_TOKEN:
        raise FieldError(
            "a service account token is made by the cluster and cannot be sealed",
            ("type",),
            hint="create the ServiceAccount, or seal the token as type Opaque",
        )
    size = sum(len(value) for value in secret.data.values())
    if size > MAXIMUM_DATA_SIZE:
        raise FieldError(
            f"data: Too long: may not be more than {MAXIMUM_DATA_SIZE} bytes", ("data",)
        )
    _require_items(secret)
    check = _CHECKS.get(secret.type)
    if check is not None:
        check(secret)


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


def _require_items(secret: Secret) -> None:
    missing = missing_items(secret.type, secret.data)
    if missing:
        text = ", ".join(f"data[{key}]: Required value" for key in missing)
        raise FieldError(text, ("data",), hint=f"type {secret.type} demands it")


def _check_ssh(secret: Secret) -> None:
    if not len(secret.data["ssh-privatekey"]):
        raise FieldError("data[ssh-privatekey]: Required value", ("data", "ssh-privatekey"))


def _check_docker(key: str) -> Callable[[Secret], None]:
    def check(secret: Secret) -> None:
        try:
            json.loads(secret.data[key].reveal())
        except (ValueError, RecursionError):
            raise FieldError(f"data[{key}]: Invalid value: not JSON", ("data", key)) from None

    return check


_CHECKS: dict[str, Callable[[Secret], None]] = {
    "kubernetes.io/ssh-auth": _check_ssh,
    "kubernetes.io/dockercfg": _check_docker(".dockercfg"),
    "kubernetes.io/dockerconfigjson": _check_docker(".dockerconfigjson"),
}
