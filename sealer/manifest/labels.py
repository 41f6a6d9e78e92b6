"""Which labels and annotations Kubernetes accepts (apimachinery, `IsQualifiedName`)."""

import re

from sealer.errors import IdentityError
from sealer.scope import check_name

_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_MAXIMUM_LENGTH = 63
_HINT = "letters, digits, '-', '_' and '.', at most 63, a letter or digit at both ends"


def check_label(key: str, value: str) -> None:
    """Refuse what is no label.

    Raises:
        IdentityError: The key or the value is not legal.
    """
    _check_key(key)
    if value and not _is_name(value):
        raise IdentityError(f"the value of label {key} is not legal", hint=_HINT)


def check_annotation(key: str) -> None:
    """Refuse what is no key of an annotation; its value may be any text.

    Raises:
        IdentityError: The key is not legal.
    """
    _check_key(key.lower())


def _check_key(key: str) -> None:
    prefix, separator, name = key.rpartition("/")
    if separator:
        check_name(prefix)
    if not _is_name(name):
        raise IdentityError(
            f"{key!r} is no key of a label or an annotation",
            hint=f"{_HINT}; a DNS name and '/' may stand in front",
        )


def _is_name(text: str) -> bool:
    return len(text) <= _MAXIMUM_LENGTH and _NAME.fullmatch(text) is not None
