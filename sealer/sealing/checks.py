"""What the API server would refuse about a Secret, found before anything is sealed."""

from collections.abc import Collection

from sealer.manifest.fields import FieldError
from sealer.manifest.secret import SERVICE_ACCOUNT_TOKEN, Secret
from sealer.sealing.validation import has_choice, item_faults, missing_items, size_faults


def check_secret_type(secret: Secret) -> None:
    """Refuse a Secret that the API server would refuse for its type or size.

    Raises:
        ManifestError: An item that the type demands is missing or malformed, the data is too
            large, or the type is one that only Kubernetes itself may fill.
    """
    for fault in size_faults(secret.data):
        raise FieldError(str(fault), fault.path)
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
    for fault in item_faults(secret):
        raise FieldError(str(fault), fault.path)


def type_demand(secret_type: str, missing: Collection[str]) -> str:
    """Return in words that a type demands items that are missing."""
    word = " or " if has_choice(secret_type) else " and "
    return f"type {secret_type} demands {word.join(missing)}"
