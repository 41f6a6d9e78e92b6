"""SSH private keys: made, and checked before they are relied on."""

from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from sealer_keys.errors import NoPrivateKeyError, PrivateKeyError
from sealer_keys.pem import PemBlock, read_blocks

_SEED_LENGTH = 32
_OPENSSH = "OPENSSH PRIVATE KEY"
_OPENSSH_MAGIC = b"openssh-key-v1\0"
_NO_CIPHER = b"\0\0\0\4none"
_PUBLIC_BEGINNINGS = (b"ssh-", b"ecdsa-sha2-", b"sk-")


def ed25519_key(random: Callable[[int], bytes]) -> tuple[bytes, bytes]:
    """Return a new private key in OpenSSH's format, and its public key as a line.

    Args:
        random: Returns that many random bytes.
    """
    key = Ed25519PrivateKey.from_private_bytes(random(_SEED_LENGTH))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return private, public + b"\n"


def check_ssh_key(data: bytes) -> list[str]:
    """Refuse what is no private key for SSH, and return warnings about one that is.

    Raises:
        NoPrivateKeyError: There is no private key; the hint says what there is instead.
        PrivateKeyError: It is damaged, or of a kind that OpenSSH does not read.
    """
    block = next((each for each in read_blocks(data) if "PRIVATE KEY" in each.label), None)
    if block is None:
        raise NoPrivateKeyError("no SSH private key found", hint=_instead(data))
    warnings = []
    if _is_encrypted(block):
        warnings.append("the private key has a passphrase, which whoever uses it has to know")
    else:
        _check_readable(block)
    if b"\r" in data or not data.endswith(b"\n"):
        warnings.append("OpenSSH wants lines that end in a line feed, the last one too")
    return warnings


def _is_encrypted(block: PemBlock) -> bool:
    if block.label == _OPENSSH:
        cipher = block.der.removeprefix(_OPENSSH_MAGIC)
        is_whole = block.der.startswith(_OPENSSH_MAGIC) and len(cipher) > len(_NO_CIPHER)
        return is_whole and not cipher.startswith(_NO_CIPHER)
    return "ENCRYPTED" in block.label or any("ENCRYPTED" in line for line in block.headers)


def _check_readable(block: PemBlock) -> None:
    load = load_ssh_private_key if block.label == _OPENSSH else load_pem_private_key
    try:
        load(block.text, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PrivateKeyError("the private key is damaged or of an unknown kind") from error


def _instead(data: bytes) -> str:
    if not data.strip():
        return "the file is empty"
    if data.startswith(_PUBLIC_BEGINNINGS):
        return "this is the public key; the private one is the file without .pub"
    if data.startswith(b"PuTTY-User-Key-File"):
        return "this is PuTTY's format; export it for OpenSSH: puttygen FILE -O private-openssh"
    return "an SSH private key begins with -----BEGIN OPENSSH PRIVATE KEY----- or another such line"
