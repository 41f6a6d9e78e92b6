"""What the API server refuses about a Secret, said before anything is written, in its own words.

Source: Kubernetes' validation of `core/v1` Secrets and of `metadata`, 1.36. Owner references and
finalizers are left to it. No item's value is part of a message, not even the one character of it
that the API server shows of text that is no JSON.
"""

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from sealer.manifest.secret import DEFAULT_TYPE, SERVICE_ACCOUNT_TOKEN, Secret
from sealer.scope import MAXIMUM_NAME_LENGTH, MAXIMUM_NAMESPACE_LENGTH
from sealer.sensitive import SecretBytes

__all__ = [
    "MAXIMUM_DATA_SIZE",
    "Fault",
    "change_faults",
    "creation_faults",
    "has_choice",
    "invalid",
    "item_faults",
    "missing_items",
    "size_faults",
]

MAXIMUM_DATA_SIZE = 1024 * 1024
_MAXIMUM_ANNOTATIONS = 256 * 1024
_MAXIMUM_LABEL = 63
# For each type the items that it demands; of a tuple of several, one is enough.
_REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "kubernetes.io/tls": (("tls.crt",), ("tls.key",)),
    "kubernetes.io/ssh-auth": (("ssh-privatekey",),),
    "kubernetes.io/basic-auth": (("username", "password"),),
    "kubernetes.io/dockercfg": ((".dockercfg",),),
    "kubernetes.io/dockerconfigjson": ((".dockerconfigjson",),),
}
_ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name"
_DATA = ("data",)
_LABELS = ("metadata", "labels")
_ANNOTATIONS = ("metadata", "annotations")


@dataclass(frozen=True, slots=True)
class _Rule:
    """A form that a text must have: the expression that tests it, and the words about it."""

    expression: str
    words: str
    examples: tuple[str, ...]
    longest: int
    unit: str = "characters"

    def faults(self, text: str) -> Iterator[str]:
        """Yield how a text breaks the rule."""
        if len(text.encode()) > self.longest:
            yield f"must be no more than {self.longest} {self.unit}"
        if re.fullmatch(self.expression, text) is None:
            yield self.mismatch

    @property
    def mismatch(self) -> str:
        """What is said of a text that the expression does not match."""
        examples = " or ".join(f"'{example}', " for example in self.examples)
        return f"{self.words} (e.g. {examples}regex used for validation is '{self.expression}')"


_ENDS = "and must start and end with an alphanumeric character"
_DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAMESPACE = _Rule(
    _DNS_LABEL,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    f"{_ENDS}",
    ("my-name", "123-abc"),
    MAXIMUM_NAMESPACE_LENGTH,
)
_NAME = _Rule(
    rf"{_DNS_LABEL}(\.{_DNS_LABEL})*",
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    f"'.', {_ENDS}",
    ("example.com",),
    MAXIMUM_NAME_LENGTH,
)
_PREFIX = replace(_NAME, unit="bytes")
_ITEM_KEY = _Rule(
    "[-._a-zA-Z0-9]+",
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    ("key.name", "KEY_NAME", "key-name"),
    MAXIMUM_NAME_LENGTH,
)
_QUALIFIED = _Rule(
    "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]",
    f"must consist of alphanumeric characters, '-', '_' or '.', {_ENDS}",
    ("MyName", "my.name", "123-abc"),
    _MAXIMUM_LABEL,
    "bytes",
)
_LABEL_VALUE = _Rule(
    "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    f"'.', {_ENDS}",
    ("MyValue", "my_value", "12345"),
    _MAXIMUM_LABEL,
    "bytes",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that the API server refuses.

    Attributes:
        field: The keys that lead to the field.
        words: What is wrong with it.
        key: Which entry of the field is meant; None where it is the field itself.
    """

    field: tuple[str, ...]
    words: str
    key: str | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """The keys that lead to what is wrong, from the root of the object."""
        return self.field if self.key is None else (*self.field, self.key)

    def __str__(self) -> str:
        """Return the fault as the API server writes it, such as `data[k]: Required value`."""
        entry = "" if self.key is None else f"[{self.key}]"
        return f"{'.'.join(self.field)}{entry}: {self.words}"


def creation_faults(secret: Secret) -> Iterator[Fault]:
    """Yield why a Secret may not exist as it is."""
    yield from _metadata_faults(secret)
    for key in sorted(secret.data):
        for words in _item_key_faults(key):
            yield _bad(_DATA, key, words, key)
    yield from size_faults(secret.data)
    if secret.type == SERVICE_ACCOUNT_TOKEN and not secret.annotations.get(_ACCOUNT_ANNOTATION):
        yield _required(_ANNOTATIONS, _ACCOUNT_ANNOTATION)
    for key in missing_items(secret.type, secret.data):
        yield _required(_DATA, key)
    yield from item_faults(secret)


def change_faults(before: Secret, after: Secret) -> Iterator[Fault]:
    """Yield why a Secret may not become another one in place, whatever that one is like."""
    new = after.type or DEFAULT_TYPE
    if new != (before.type or DEFAULT_TYPE):
        yield _bad(("type",), new, "field is immutable")
    if before.immutable:
        words = "Forbidden: field is immutable when `immutable` is set"
        if not after.immutable:
            yield Fault(("immutable",), words)
        if after.data != before.data:
            yield Fault(_DATA, words)


def invalid(secret: Secret, faults: Iterable[Fault]) -> str:
    """Return the API server's message about a Secret with faults."""
    texts = list(dict.fromkeys(map(str, faults)))
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    return f'Secret "{secret.name}" is invalid: {text}'


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


def has_choice(secret_type: str) -> bool:
    """Tell whether a type is content with one of several items."""
    return any(len(alternatives) > 1 for alternatives in _REQUIRED.get(secret_type, ()))


def size_faults(data: Mapping[str, SecretBytes]) -> Iterator[Fault]:
    """Yield that items are too large together."""
    if sum(map(len, data.values())) > MAXIMUM_DATA_SIZE:
        yield _too_long(_DATA, MAXIMUM_DATA_SIZE)


def item_faults(secret: Secret) -> Iterator[Fault]:
    """Yield what is wrong with the items that the type demands, as far as they are there."""
    key, check = _CHECKS.get(secret.type, ("", None))
    if check is not None and key in secret.data:
        yield from check(key, secret.data[key])


def _metadata_faults(secret: Secret) -> Iterator[Fault]:
    for words in _NAME.faults(secret.name):
        yield _bad(("metadata", "name"), secret.name, words)
    for words in _NAMESPACE.faults(secret.namespace):
        yield _bad(("metadata", "namespace"), secret.namespace, words)
    for key, value in sorted(secret.labels.items()):
        for words in _qualified_faults(key):
            yield _bad(_LABELS, key, words)
        for words in _LABEL_VALUE.faults(value):
            yield _bad(_LABELS, value, words)
    for key in sorted(secret.annotations):
        for words in _qualified_faults(key.lower()):
            yield _bad(_ANNOTATIONS, key, words)
    size = sum(len(part.encode()) for pair in secret.annotations.items() for part in pair)
    if size > _MAXIMUM_ANNOTATIONS:
        yield _too_long(_ANNOTATIONS, _MAXIMUM_ANNOTATIONS)


def _qualified_faults(key: str) -> Iterator[str]:
    """Yield what is wrong with the key of a label or an annotation."""
    prefix, separator, name = key.rpartition("/")
    if "/" in prefix:
        yield (
            f"a valid label key {_QUALIFIED.mismatch} with an optional DNS subdomain prefix and "
            "'/' (e.g. 'example.com/MyName')"
        )
        return
    if separator and not prefix:
        yield "prefix part must be non-empty"
    elif separator:
        yield from (f"prefix part {words}" for words in _PREFIX.faults(prefix))
    if not name:
        yield "name part must be non-empty"
    yield from (f"name part {words}" for words in _QUALIFIED.faults(name))


def _item_key_faults(key: str) -> Iterator[str]:
    yield from _ITEM_KEY.faults(key)
    if key in (".", ".."):
        yield f"must not be '{key}'"
    elif key.startswith(".."):
        yield "must not start with '..'"


def _filled_faults(key: str, value: SecretBytes) -> Iterator[Fault]:
    if not len(value):
        yield _required(_DATA, key)


def _json_faults(key: str, value: SecretBytes) -> Iterator[Fault]:
    """Yield that text is no JSON object; Go reads what is no UTF-8 all the same, and null too."""
    text = value.reveal().decode("utf-8", "replace")
    try:
        found = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_refuse)
    except (ValueError, RecursionError):
        words = _json_words(value.reveal())
    else:
        if found is None or isinstance(found, dict):
            return
        kind = _GO_KINDS[type(found)]
        words = f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
    yield _bad(_DATA, "<secret contents redacted>", words, key)


def _json_words(text: bytes) -> str:
    """Return what Go says of text that it cannot read, without what stands there."""
    from sealer.templates.faults import FunctionFault  # noqa: PLC0415 - rarely needed, and large
    from sealer.templates.functions.jsons import parsed  # noqa: PLC0415 - the same

    try:
        parsed(text)
    except FunctionFault as fault:
        return fault.message
    return "json: cannot unmarshal number into Go value of type float64"


_GO_KINDS = {bool: "bool", str: "string", float: "number", list: "array"}


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("no float64 is so large")
    return value


def _refuse(_name: str) -> NoReturn:
    raise ValueError("JSON has no NaN and no Infinity")


_CHECKS: Mapping[str, tuple[str, Callable[[str, SecretBytes], Iterator[Fault]]]] = {
    "kubernetes.io/ssh-auth": ("ssh-privatekey", _filled_faults),
    "kubernetes.io/dockercfg": (".dockercfg", _json_faults),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson", _json_faults),
}


def _bad(field: tuple[str, ...], shown: str, words: str, key: str | None = None) -> Fault:
    return Fault(field, f"Invalid value: {_quoted(shown)}: {words}", key)


def _required(field: tuple[str, ...], key: str) -> Fault:
    return Fault(field, "Required value", key)


def _too_long(field: tuple[str, ...], most: int) -> Fault:
    return Fault(field, f"Too long: may not be more than {most} bytes")


def _quoted(text: str) -> str:
    if text.isascii() and text.isprintable() and not set(text) & {'"', "\\"}:
        return f'"{text}"'
    from sealer.templates.quoting import go_quote  # noqa: PLC0415 - rarely needed, and large

    return go_quote(text)
