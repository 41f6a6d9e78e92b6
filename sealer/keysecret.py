"""Key Secrets: how a cluster stores its sealing keys, and how people keep copies of them.

A key Secret is a `kubernetes.io/tls` Secret with a label. Keys are also read from bare PEM files
and from `List`s of key Secrets, as `kubectl get secret -o yaml` writes them (compat.md 3.3).
"""

from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping
from dataclasses import replace
from datetime import UTC, datetime

from sealer.documents import Mapping, Stream, read_stream
from sealer.documents.nodes import plain
from sealer.errors import InputError, ManifestError, ManyErrors, SealerError
from sealer.manifest import Secret, find_objects, read_secret
from sealer.scope import ANNOTATION_PREFIX
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import Certificate, load_certificate
from sealer_keys.errors import NoPrivateKeyError, PrivateKeyError
from sealer_keys.pem import read_blocks
from sealer_keys.private_key import KeyPair, check_pair, load_private_key, private_key_pem

STATE_ANNOTATION = "sealer.dev/state"
COMPROMISED = "compromised"
KEY_LABEL = ANNOTATION_PREFIX + "sealed-secrets-key"
ACTIVE = "active"
DEFAULT_PREFIX = "sealed-secrets-key"
# Not a sealing key: what the controller's digests are keyed with. It lives among them.
DIGEST_KEY = "sealed-secrets-digest-key"
TLS_TYPE = "kubernetes.io/tls"
CERTIFICATE_ITEM = "tls.crt"
PRIVATE_KEY_ITEM = "tls.key"
# A bare private key has no date: any key with one is newer.
_NO_DATE = datetime.min.replace(tzinfo=UTC)


def load_keys(data: bytes, *, origin: str = "") -> list[KeyPair]:
    """Read every private key of a file.

    Args:
        data: A PEM file with a private key and perhaps its certificate, or YAML or JSON with one
            or more key Secrets, `List`s included.
        origin: The file's name, for messages.

    Raises:
        NoPrivateKeyError: The file holds no private key.
        PrivateKeyError: A key is damaged, encrypted or not RSA.
        ManyErrors: Several keys cannot be used.
        DocumentError: The file is neither PEM nor a manifest.
    """
    if next(read_blocks(data), None) is not None and not _is_manifest(data):
        return [_from_pem(data, data, origin)]
    secrets = [each for each in _key_secrets(read_stream(data)) if each.name != DIGEST_KEY]
    if not secrets:
        load_private_key(data)  # says what the file holds instead
        raise NoPrivateKeyError("no private key found", hint="no key Secret is in the file")
    keys: list[KeyPair] = []
    faults: list[SealerError] = []
    for secret in secrets:
        try:
            keys.append(key_pair_of(secret))
        except SealerError as error:
            faults.append(error)
    if faults:
        raise faults[0] if len(faults) == 1 else ManyErrors(faults)
    return keys


def load_key_secrets(data: bytes, *, origin: str, namespace: str) -> list[Secret]:
    """Read the key Secrets of a file as they are, the digest key among them.

    Args:
        data: What `load_keys` takes; a PEM file needs the certificate too.
        origin: The file's name without its ending, for Secrets made of PEM files.
        namespace: For Secrets that have none.

    Raises:
        SealerError: As `load_keys`.
    """
    if next(read_blocks(data), None) is not None and not _is_manifest(data):
        pair = _from_pem(data, data, origin)
        return [key_secret(pair, namespace=namespace, name=origin)]
    found = list(_key_secrets(read_stream(data)))
    if not found:
        load_private_key(data)  # says what the file holds instead
    return [replace(each, namespace=each.namespace or namespace) for each in found]


def certificate_in(data: bytes) -> Certificate | None:
    """Return the certificate of the first key Secret in a manifest; None when there is none.

    Raises:
        CertificateError: It cannot be used.
    """
    try:
        found = next(_key_secrets(read_stream(data)), None)
    except InputError:
        return None  # no manifest, or of something else
    item = found.data.get(CERTIFICATE_ITEM) if found else None
    return load_certificate(item.reveal()) if item else None


def key_pair_of(secret: Secret, *, created: datetime | None = None) -> KeyPair:
    """Return the key pair that a key Secret holds; a compromised one opens and does not seal.

    Args:
        secret: The key Secret.
        created: Order the key by this time instead of its certificate's notBefore.

    Raises:
        PrivateKeyError: An item is missing, or the private key cannot be used.
        CertificateError: The certificate cannot be used.
        KeyMismatchError: They do not belong together.
    """
    origin = f"{secret.namespace}/{secret.name}".strip("/")
    for item in (PRIVATE_KEY_ITEM, CERTIFICATE_ITEM):
        if item not in secret.data:
            raise PrivateKeyError(
                f"key Secret {origin} has no item {item}",
                hint=f"a key Secret has {CERTIFICATE_ITEM} and {PRIVATE_KEY_ITEM}",
            )
    pair = _from_pem(
        secret.data[PRIVATE_KEY_ITEM].reveal(), secret.data[CERTIFICATE_ITEM].reveal(), origin
    )
    may_seal = secret.annotations.get(STATE_ANNOTATION) != COMPROMISED
    return replace(pair, may_seal=may_seal, order_time=created or pair.order_time)


def key_secret(
    pair: KeyPair,
    *,
    namespace: str,
    name: str = "",
    labels: AbstractMapping[str, str] | None = None,
    annotations: AbstractMapping[str, str] | None = None,
) -> Secret:
    """Return the key Secret of a new key pair; the key label cannot be overridden.

    Raises:
        PrivateKeyError: The pair has no certificate.
    """
    if pair.certificate is None:
        raise PrivateKeyError("a key without a certificate cannot be stored")
    data = {
        CERTIFICATE_ITEM: SecretBytes(pair.certificate.pem),
        PRIVATE_KEY_ITEM: SecretBytes(private_key_pem(pair.private_key)),
    }
    return Secret(
        namespace=namespace,
        name=name,
        data=data,
        type=TLS_TYPE,
        labels={**(labels or {}), KEY_LABEL: ACTIVE},
        annotations=dict(annotations or {}),
    )


def _is_manifest(data: bytes) -> bool:
    """Tell a manifest that quotes PEM in a block scalar from a PEM file with text around it."""
    return b"kind:" in data or b'"kind"' in data


def _from_pem(key_pem: bytes, certificate_pem: bytes, origin: str) -> KeyPair:
    private_key = load_private_key(key_pem)
    labels = {block.label for block in read_blocks(certificate_pem)}
    if key_pem is certificate_pem and "CERTIFICATE" not in labels:
        return KeyPair(private_key, None, _NO_DATE, origin)
    certificate = load_certificate(certificate_pem)
    check_pair(private_key, certificate)
    return KeyPair(private_key, certificate, certificate.not_before, origin)


def _key_secrets(stream: Stream) -> Iterator[Secret]:
    for document in stream.documents:
        if document.error is not None:
            raise document.error
        for found in find_objects(document):
            if found.kind != "Secret":
                raise ManifestError(
                    f"a {found.kind or 'document without kind'} is no key Secret",
                    where=stream.where(found.node, document),
                )
            try:
                yield read_secret({"apiVersion": "v1", "kind": "Secret"} | _object(found.node))
            except InputError as error:
                where = stream.where(found.node, document)
                raise error.at(line=where.line, document=where.document) from None


def _object(node: Mapping) -> dict[str, object]:
    return {key: plain(value) for key, value in node.fields().items()}
