"""A value is sealed for one place: a Secret's name, a namespace, or the whole cluster.

The place goes into the encryption as the OAEP label, so that a value opens nowhere else. Source:
compat.md 1.2.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NewType, assert_never

from sealer.errors import IdentityError

OaepLabel = NewType("OaepLabel", bytes)

ANNOTATION_PREFIX = "sealedsecrets.bitnami.com/"
NAMESPACE_WIDE_ANNOTATION = ANNOTATION_PREFIX + "namespace-wide"
CLUSTER_WIDE_ANNOTATION = ANNOTATION_PREFIX + "cluster-wide"
SCOPE_ANNOTATIONS = (CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION)

_DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAMESPACE = re.compile(_DNS_LABEL)
_NAME = re.compile(rf"{_DNS_LABEL}(\.{_DNS_LABEL})*")
_ITEM_KEY = re.compile(r"[-._a-zA-Z0-9]+")
MAXIMUM_NAMESPACE_LENGTH = 63
MAXIMUM_NAME_LENGTH = 253


class Scope(Enum):
    """How far a sealed value may travel and still open."""

    STRICT = "strict"
    NAMESPACE_WIDE = "namespace-wide"
    CLUSTER_WIDE = "cluster-wide"

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """Return the scope of that name; the empty string is strict.

        Raises:
            IdentityError: There is no such scope.
        """
        try:
            return cls(text or "strict")
        except ValueError:
            raise IdentityError("must be one of: strict, namespace-wide, cluster-wide") from None

    @classmethod
    def of(cls, annotations: Mapping[str, str]) -> "Scope":
        """Return the scope that annotations ask for: exactly `true` counts, the wider one wins."""
        if annotations.get(CLUSTER_WIDE_ANNOTATION) == "true":
            return cls.CLUSTER_WIDE
        if annotations.get(NAMESPACE_WIDE_ANNOTATION) == "true":
            return cls.NAMESPACE_WIDE
        return cls.STRICT

    def annotate(self, annotations: Mapping[str, str]) -> dict[str, str]:
        """Return the annotations with this scope's mark, and with no other scope's."""
        kept = {key: text for key, text in annotations.items() if key not in SCOPE_ANNOTATIONS}
        return kept | self.annotations

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations that ask for this scope; none for strict."""
        match self:
            case Scope.STRICT:
                return {}
            case Scope.NAMESPACE_WIDE:
                return {NAMESPACE_WIDE_ANNOTATION: "true"}
            case Scope.CLUSTER_WIDE:
                return {CLUSTER_WIDE_ANNOTATION: "true"}
            case _:
                assert_never(self)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a value is sealed for: the parts that its scope does not use may be empty."""

    scope: Scope
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return the identity in words: `shop/db`, `namespace shop` or `any namespace`."""
        match self.scope:
            case Scope.STRICT:
                return f"{self.namespace}/{self.name}"
            case Scope.NAMESPACE_WIDE:
                return f"namespace {self.namespace}"
            case Scope.CLUSTER_WIDE:
                return "any namespace"
            case _:
                assert_never(self.scope)

    @property
    def label(self) -> OaepLabel:
        """The OAEP label.

        Raises:
            IdentityError: A part that the scope binds is missing or no legal Kubernetes name. Two
                illegal identities can share a label (`a/b` + `c`, `a` + `b/c`), legal ones cannot.
        """
        match self.scope:
            case Scope.STRICT:
                check_namespace(self.namespace)
                check_name(self.name)
                return OaepLabel(f"{self.namespace}/{self.name}".encode())
            case Scope.NAMESPACE_WIDE:
                check_namespace(self.namespace)
                return OaepLabel(self.namespace.encode())
            case Scope.CLUSTER_WIDE:
                return OaepLabel(b"")
            case _:
                assert_never(self.scope)


def check_namespace(text: str) -> None:
    """Refuse what is no namespace: an RFC 1123 label.

    Raises:
        IdentityError: The text is no legal namespace.
    """
    if len(text) > MAXIMUM_NAMESPACE_LENGTH or not _NAMESPACE.fullmatch(text):
        raise IdentityError(
            f"{_shown(text)} is no namespace",
            hint="lower-case letters, digits and '-', at most 63, such as 'team-a'",
        )


def check_name(text: str) -> None:
    """Refuse what is no object name: an RFC 1123 subdomain.

    Raises:
        IdentityError: The text is no legal name.
    """
    if len(text) > MAXIMUM_NAME_LENGTH or not _NAME.fullmatch(text):
        raise IdentityError(
            f"{_shown(text)} is no object name",
            hint="lower-case letters, digits, '-' and '.', at most 253, such as 'db-creds'",
        )


def is_item_key(text: str) -> bool:
    """Tell whether a Secret may have a data item of that key (Kubernetes: a config map key)."""
    return (
        len(text) <= MAXIMUM_NAME_LENGTH
        and _ITEM_KEY.fullmatch(text) is not None
        and text != "."
        and not text.startswith("..")
    )


def _shown(text: str) -> str:
    longest = 80
    return repr(text if len(text) <= longest else text[:longest] + "…")
