"""What the API server would refuse about a Secret, found before anything is sealed.

Source: Kubernetes' validation of `core/v1` Secrets; the messages are the API server's where it
has one.
"""

import json
from collections.abc import Callable

from sealer.manifest.fields import FieldError
from sealer.manifest.secret import SERVICE_ACCOUNT_TOKEN, Secret

MAXIMUM_DATA_SIZE = 1024 * 1024


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
    check = _CHECKS.get(secret.type)
    if check is not None:
        check(secret)


def _require(secret: Secret, *keys: str) -> None:
    missing = [key for key in keys if key not in secret.data]
    if missing:
        text = ", ".join(f"data[{key}]: Required value" for key in missing)
        raise FieldError(text, ("data",), hint=f"type {secret.type} demands it")


def _check_tls(secret: Secret) -> None:
    _require(secret, "tls.crt", "tls.key")


def _check_ssh(secret: Secret) -> None:
    _require(secret, "ssh-privatekey")
    if not len(secret.data["ssh-privatekey"]):
        raise FieldError("data[ssh-privatekey]: Required value", ("data", "ssh-privatekey"))


def _check_basic(secret: Secret) -> None:
    if not {"username", "password"} & secret.data.keys():
        _require(secret, "username", "password")


def _check_docker(key: str) -> Callable[[Secret], None]:
    def check(secret: Secret) -> None:
        _require(secret, key)
        try:
            json.loads(secret.data[key].reveal())
        except (ValueError, RecursionError):
            raise FieldError(f"data[{key}]: Invalid value: not JSON", ("data", key)) from None

    return check


_CHECKS: dict[str, Callable[[Secret], None]] = {
    "kubernetes.io/tls": _check_tls,
    "kubernetes.io/ssh-auth": _check_ssh,
    "kubernetes.io/basic-auth": _check_basic,
    "kubernetes.io/dockercfg": _check_docker(".dockercfg"),
    "kubernetes.io/dockerconfigjson": _check_docker(".dockerconfigjson"),
}
