"""A Secret is sealed item by item; its metadata goes into the template (compat.md 4.2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from sealer.envelope import seal_value
from sealer.manifest.fields import FieldError
from sealer.manifest.sealedsecret import (
    DIGEST_ANNOTATION,
    MANAGED_LABEL,
    SealedSecret,
    Template,
)
from sealer.manifest.secret import Secret
from sealer.scope import SCOPE_ANNOTATIONS, Identity, Scope
from sealer.sealing.copies import copying_annotations, holds_copy
from sealer.sealing.hints import SEALING_KEYS, write_hints
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import Certificate

# Half of what Kubernetes allows for all annotations of an object: beyond, advice does harm.
MAXIMUM_HINTS_SIZE = 128 * 1024

Reuse = Callable[[Identity, str, SecretBytes], str | None]
"""Returns the sealed text to keep for an item of an identity and its value, or None to seal it."""


@dataclass(frozen=True, slots=True)
class SealOptions:
    """How a Secret is sealed.

    Attributes:
        scope: Instead of what the Secret's annotations say; None keeps what they say.
        name: Instead of the Secret's own name.
        namespace: For a Secret that has none. Another one than the Secret's own is refused.
        allow_empty: Seal a Secret without items too.
        copied: Patterns (`*`, `?`, `[...]`) of the keys of labels and annotations that the
            SealedSecret itself is to have too. They reach the Secret in any case.
        hints: Note in an annotation which key sealed each item.
        reuse: Which ciphertext to keep.
    """

    scope: Scope | None = None
    name: str = ""
    namespace: str = ""
    allow_empty: bool = False
    copied: tuple[str, ...] = ()
    hints: bool = False
    reuse: Reuse | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A Secret, sealed.

    Attributes:
        sealed_secret: The result.
        warnings: What people should know about it, a sentence each, never a value.
    """

    sealed_secret: SealedSecret
    warnings: tuple[str, ...] = ()


def seal_secret(
    secret: Secret, certificate: Certificate, options: SealOptions | None = None
) -> Sealed:
    """Seal a Secret for its name, namespace and scope.

    Owner references, finalizers, what the server sets and what a controller of ours has put on
    the Secret are not carried over; annotations that hold a copy of a value are left behind with
    a warning.

    Raises:
        FieldError: The Secret lacks a name, a namespace or items, or its namespace is another one
            than the one asked for.
        IdentityError: Name or namespace is not legal.
    """
    options = options or SealOptions()
    annotations, warnings = _clean_annotations(secret)
    labels = {key: text for key, text in secret.labels.items() if key != MANAGED_LABEL}
    scope = Scope.of(annotations)
    if options.scope is not None:  # an explicit scope takes the other marks away, strict too
        scope = options.scope
        annotations = scope.annotate(annotations)
    named = _place(secret, options, scope)
    identity = Identity(scope, named.namespace, named.name)
    encrypted = _seal_items(secret, certificate, identity, options.reuse)
    template = Template(
        type=secret.type,
        immutable=secret.immutable,
        labels=labels,
        annotations=annotations,
        name=named.name,
        namespace=named.namespace,
    )
    own = _copied(annotations, options.copied, without=(*SCOPE_ANNOTATIONS, SEALING_KEYS))
    own |= scope.annotations
    if options.hints:
        own |= _hints(encrypted, certificate)
    own_labels = _copied(labels, options.copied)
    sealed = SealedSecret(named.namespace, named.name, encrypted, template, own_labels, own)
    return Sealed(sealed, warnings)


def _hints(encrypted: Mapping[str, str], certificate: Certificate) -> dict[str, str]:
    key = certificate.fingerprint
    text = write_hints({item: (sealed, key) for item, sealed in encrypted.items()})
    return {SEALING_KEYS: text} if len(text) <= MAXIMUM_HINTS_SIZE else {}


def _seal_items(
    secret: Secret, certificate: Certificate, identity: Identity, reuse: Reuse | None
) -> dict[str, str]:
    items: dict[str, str] = {}
    for key, value in sorted(secret.data.items()):
        kept = reuse(identity, key, value) if reuse else None
        items[key] = kept or seal_value(value, certificate.public_key, identity)
    return items


def _copied(
    texts: Mapping[str, str], patterns: tuple[str, ...], *, without: tuple[str, ...] = ()
) -> dict[str, str]:
    return {
        key: text
        for key, text in texts.items()
        if key not in without and any(fnmatchcase(key, pattern) for pattern in patterns)
    }


def _place(secret: Secret, options: SealOptions, scope: Scope) -> Secret:
    """Return the Secret under the name and namespace that it is sealed for."""
    if not secret.data and not options.allow_empty:
        raise FieldError(
            "secret.data is empty in input Secret, assuming this is an error and aborting. "
            "To work with empty data, --allow-empty-data can be used",
            ("data",),
        )
    name = options.name or secret.name
    if not name:
        raise FieldError("missing metadata.name in input Secret", ("metadata",))
    if scope is Scope.CLUSTER_WIDE:  # a namespace binds nothing there, and none is made up
        return replace(secret, name=name)
    if secret.namespace and options.namespace and secret.namespace != options.namespace:
        raise FieldError(
            f'namespace mismatch: input secret is in namespace "{secret.namespace}" but '
            f'"{options.namespace}" was specified',
            ("metadata", "namespace"),
        )
    namespace = secret.namespace or options.namespace
    if not namespace:
        raise FieldError(
            "secret must declare a namespace",
            ("metadata",),
            hint="write metadata.namespace into the file, or give --namespace",
        )
    return replace(secret, name=name, namespace=namespace)


def _clean_annotations(secret: Secret) -> tuple[dict[str, str], tuple[str, ...]]:
    copies = copying_annotations(secret.annotations, secret.data)
    left = (*copies, DIGEST_ANNOTATION)
    kept = {key: text for key, text in secret.annotations.items() if key not in left}
    warnings = tuple(
        f"annotation {key} holds a copy of a value and is left out"
        for key in copies
        if holds_copy(secret.annotations[key], secret.data.values())
    )
    return kept, warnings
