"""Is a file encrypted as a whole? Then it may be committed, whatever a build makes of it."""

import re
from collections.abc import Iterator

from sealer.detect.job import Memory
from sealer.detect.objects import (
    SEALED_SECRET,
    Path,
    entries,
    find_objects,
    key_of,
    names_in,
)
from sealer.detect.sealed import clear_template_entries, unsealed_values
from sealer.detect.sops import Stanza, is_token, read_stanza
from sealer.detect.values import Context, is_sealed
from sealer.documents import Document, Node, Scalar, Sequence, read_stream
from sealer.errors import DocumentError

# What encrypted files of other tools begin with.
_BEGINNINGS = (
    b"age-encryption.org/v1\n",
    b"-----BEGIN AGE ENCRYPTED FILE-----",
    b"\0GITCRYPT\0",
    b"$ANSIBLE_VAULT;",
    b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN CMS-----",
    b"-----BEGIN PKCS7-----",
    b"Salted__",  # OpenSSL
    b"U2FsdGVkX1",  # the same in base64
)
# OpenPGP packets that begin a message: an encrypted session key, or a key from a passphrase
# (RFC 9580, sections 4.2, 5.1 and 5.3); old and new form.
_OPENPGP = re.compile(rb"[\x84\x85]..?\x03|\x8c.\x04|[\xc1\xc3].{1,5}[\x03-\x06]", re.DOTALL)


# What the others hold somewhere.
_SIGNS = (b"sops", b"SealedSecret")


def is_encrypted(data: bytes, memory: Memory | None = None) -> bool:
    """Tell whether nothing in a file can be read: sealed, or encrypted by a tool that is known.

    Args:
        data: What is in it.
        memory: What is known and may still be done, for the file that names it.
    """
    head = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if data.startswith(_BEGINNINGS) or head.startswith(_BEGINNINGS) or _OPENPGP.match(data):
        return True
    return is_sealed(data.decode("ascii", errors="replace")) or _is_protected_stream(data, memory)


def unencrypted_leaves(document: Document, stanza: Stanza) -> Iterator[tuple[Path, Scalar]]:
    """Yield the values of a document that SOPS was to encrypt and has not, and their paths."""
    for path, leaf in _leaves(document.root):
        is_clear = leaf.text and not _is_null(leaf) and not is_token(leaf.text)
        if is_clear and stanza.covers(names_in(path)):
            yield path, leaf


def _is_protected_stream(data: bytes, memory: Memory | None) -> bool:
    """Tell whether SOPS has encrypted each document, or each is a SealedSecret."""
    if not any(sign in data for sign in _SIGNS):
        return False
    try:
        stream = read_stream(data)
    except DocumentError:
        return False
    return bool(stream.documents) and all(
        _is_encrypted_document(each, memory) or _is_sealed_document(each, stream.source.text)
        for each in stream.documents
    )


def _is_sealed_document(document: Document, text: str) -> bool:
    found = list(find_objects(document))
    is_sealed_secret = any(
        each.kind == SEALED_SECRET and each.node is document.root for each in found
    )
    return is_sealed_secret and not any(
        sighting
        for each in found
        for detect in (unsealed_values, clear_template_entries)
        for sighting in detect(each, Context(text))
    )


def _is_encrypted_document(document: Document, memory: Memory | None) -> bool:
    stanza = read_stanza(document.root, memory) if document.root else None
    if stanza is None or not any(is_token(leaf.text) for _, leaf in _leaves(document.root)):
        return False
    return stanza.goes_by_comments or not any(unencrypted_leaves(document, stanza))


def _leaves(root: Node | None) -> Iterator[tuple[Path, Scalar]]:
    """Yield the scalars outside of the stanza, each once, and what leads to them."""
    seen: set[int] = set()
    pending: list[tuple[Path, Node]] = [(None, root)] if root else []
    while pending:
        path, node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scalar):
            yield path, node
        elif isinstance(node, Sequence):
            pending.extend(reversed([((n, path), item) for n, item in enumerate(node.items)]))
        else:
            named = [((key_of(key), path), value) for key, value in entries(node)]
            pending.extend(reversed([each for each in named if each[0] != ("sops", None)]))


def _is_null(leaf: Scalar) -> bool:
    return not leaf.style and leaf.tag is None and leaf.value is None
