"""The file of a backup: what it is and how it is locked in the clear, the rest encrypted.

A JSON object, described in docs/backup.md. Reading it checks its form and its checksum; nothing of
it is secret or to be believed before `sealer.backup.lock` has opened it.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from sealer.backup.errors import BackupVersionError, DamagedBackupError
from sealer_keys.fingerprint import Fingerprint

FORMAT = "sealer-backup"
VERSION = 1
CIPHER = "AES-256-GCM"
SCRYPT = "scrypt"
RSA_OAEP = "RSA-OAEP-256"
_SEALED = ("ciphertext", "checksum")
_LARGEST_WORK = 2**23  # n times r times p: 8 times the usual, a few seconds and 1 GiB


@dataclass(frozen=True, slots=True)
class Cost:
    """What trying one passphrase costs: the parameters of scrypt (RFC 7914)."""

    n: int = 2**17
    r: int = 8
    p: int = 1

    @property
    def is_bearable(self) -> bool:
        """Whether scrypt can be run with it, in bounded time and memory."""
        is_legal = self.n > 1 and self.n & (self.n - 1) == 0 and self.r > 0 and self.p > 0
        return is_legal and self.n * self.r * self.p <= _LARGEST_WORK


@dataclass(frozen=True, slots=True)
class PassphraseLock:
    """The secret comes from a passphrase."""

    salt: bytes
    cost: Cost

    def to_object(self) -> dict[str, object]:
        """Return it as JSON values."""
        cost = {"n": self.cost.n, "r": self.cost.r, "p": self.cost.p}
        return {"method": SCRYPT, **cost, "salt": _encode(self.salt)}


@dataclass(frozen=True, slots=True)
class RecipientLock:
    """The secret is sealed to certificates.

    Attributes:
        wrapped: The secret under RSA-OAEP, by the fingerprint of the recipient's key.
    """

    wrapped: Mapping[Fingerprint, bytes]

    def to_object(self) -> dict[str, object]:
        """Return it as JSON values."""
        wrapped = {name: _encode(data) for name, data in self.wrapped.items()}
        return {"method": RSA_OAEP, "recipients": wrapped}


Lock = PassphraseLock | RecipientLock


@dataclass(frozen=True, slots=True)
class Container:
    """A backup, as the file has it.

    Attributes:
        created: When it was made, UTC.
        keys: Fingerprints of the keys in it.
        lock: How the secret is found that opens it.
        check: What only the right secret gives.
        nonce: Of the encryption.
        ciphertext: The encrypted content, with its tag.
    """

    created: datetime
    keys: tuple[Fingerprint, ...]
    lock: Lock
    check: bytes = b""
    nonce: bytes = b""
    ciphertext: bytes = b""

    @property
    def recipients(self) -> frozenset[Fingerprint]:
        """The keys that open it; none where a passphrase does."""
        return frozenset(self.lock.wrapped if isinstance(self.lock, RecipientLock) else ())

    @property
    def header(self) -> bytes:
        """Everything in the clear as one text, which the encryption authenticates."""
        fields = self._fields()
        return _canonical({name: fields[name] for name in fields if name not in _SEALED})

    def to_json(self) -> bytes:
        """Return the file."""
        fields = self._fields()
        checksum = sha256(_canonical(fields)).hexdigest()
        return json.dumps(fields | {"checksum": checksum}, indent=2).encode() + b"\n"

    def _fields(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "created": f"{self.created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "keys": list(self.keys),
            "lock": self.lock.to_object(),
            "check": _encode(self.check),
            "cipher": CIPHER,
            "nonce": _encode(self.nonce),
            "ciphertext": _encode(self.ciphertext),
        }


def is_backup(data: bytes) -> bool:
    """Tell whether a file says that it is a backup, damaged or not."""
    start = data[:200].lstrip()
    return start.startswith(b"{") and b'"format"' in start and FORMAT.encode() in start


def read_container(data: bytes) -> Container:
    """Read the file of a backup.

    Raises:
        BackupVersionError: A newer version wrote it.
        DamagedBackupError: It is no backup, or not what was written.
    """
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        raise _damaged("it is cut, or no backup at all") from None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise _damaged("it is no backup")
    version = fields.get("version")
    if isinstance(version, int) and version > VERSION:
        raise BackupVersionError(
            f"the backup has version {version}, and only {VERSION} is known here",
            hint="use the newer sealer that wrote it",
        )
    try:
        container = _Reader(fields).container()
    except (ValueError, LookupError, TypeError, OverflowError):
        raise _damaged("a field is missing or was changed") from None
    # Whatever the reader passed over, such as an unknown field, shows here.
    if json.loads(container.to_json()) != fields:
        raise _damaged("its checksum is wrong")
    return container


class _Reader:
    """Reads fields, and raises ValueError, LookupError or TypeError for whatever is not right."""

    def __init__(self, fields: dict[str, object]) -> None:
        self._fields = fields

    def container(self) -> Container:
        created = datetime.fromisoformat(self._text("created"))
        keys = self._fields["keys"]
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise TypeError
        return Container(
            created,
            tuple(map(Fingerprint, keys)),
            self._lock(),
            check=self._bytes("check"),
            nonce=self._bytes("nonce"),
            ciphertext=self._bytes("ciphertext"),
        )

    def _lock(self) -> Lock:
        fields = self._fields["lock"]
        if not isinstance(fields, dict):
            raise TypeError
        inside = _Reader(fields)
        if inside._text("method") == SCRYPT:
            return PassphraseLock(inside._bytes("salt"), inside._cost())
        recipients = fields["recipients"]
        if not isinstance(recipients, dict):
            raise TypeError
        found = _Reader(recipients)
        return RecipientLock({Fingerprint(name): found._bytes(name) for name in recipients})

    def _cost(self) -> Cost:
        n, r, p = (self._fields[name] for name in ("n", "r", "p"))
        if not (type(n) is type(r) is type(p) is int):
            raise TypeError
        cost = Cost(n, r, p)
        if not cost.is_bearable:
            raise ValueError
        return cost

    def _text(self, name: str) -> str:
        text = self._fields[name]
        if not isinstance(text, str):
            raise TypeError
        return text

    def _bytes(self, name: str) -> bytes:
        return binascii.a2b_base64(self._text(name), strict_mode=True)


def _damaged(why: str) -> DamagedBackupError:
    return DamagedBackupError(f"the backup is damaged: {why}", hint="use another copy of it")


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _canonical(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
