"""Private keys for recovery, read as the original reads them: of a key Secret only `tls.key`."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sealer.cli.console import Console
from sealer.cli.kubeseal.errors import RequestError
from sealer.cli.kubeseal.files import read_file
from sealer.documents import Mapping, Scalar, read_stream
from sealer.errors import DocumentError, EncodingError
from sealer.keysecret import PRIVATE_KEY_ITEM
from sealer.manifest import Found, find_objects
from sealer.wire import decode_base64
from sealer_keys.errors import PrivateKeyError
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair, load_private_key

MAXIMUM_SIZE = 16 * 1024 * 1024
_NO_DATE = datetime.min.replace(tzinfo=UTC)


def load_keyring(names: Sequence[str], console: Console) -> Keyring:
    """Return the keys of files: PEM, key Secrets, `List`s of these.

    A file that holds neither is told and left alone: the keys of another one may open everything.

    Raises:
        RequestError: A file cannot be read, or a key Secret holds no private key.
    """
    return Keyring(pair for name in names for pair in _load(name, console))


def _load(name: str, console: Console) -> Iterator[KeyPair]:
    data = read_file(name, maximum=MAXIMUM_SIZE)
    manifests = _manifests(data)
    for found in manifests:
        yield _of_secret(found, name)
    if not manifests:
        try:
            yield _pair(data, name)
        except PrivateKeyError as error:
            console.warn(f"{name} is left out: {error.message}", hint=error.hint)


def _manifests(data: bytes) -> list[Found]:
    try:
        documents = read_stream(data).documents
    except DocumentError:
        return []
    readable = (document for document in documents if document.error is None)
    return [found for document in readable for found in find_objects(document) if found.kind]


def _of_secret(found: Found, name: str) -> KeyPair:
    items = found.node.get("data")
    item = items.get(PRIVATE_KEY_ITEM) if isinstance(items, Mapping) else None
    if found.kind != "Secret" or not isinstance(item, Scalar):
        raise RequestError(f"{name}: secret must contain a {PRIVATE_KEY_ITEM!r} item")
    try:
        return _pair(decode_base64(item.text), name)
    except (EncodingError, PrivateKeyError) as error:
        message = f"{name}: {PRIVATE_KEY_ITEM}: {error.message}"
        raise RequestError(message, hint=error.hint) from None


def _pair(pem: bytes, name: str) -> KeyPair:
    return KeyPair(load_private_key(pem), None, _NO_DATE, name)
