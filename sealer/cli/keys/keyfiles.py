"""Private keys from files and folders: PEM files, key Secrets, `List`s of them, backups."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sealer.cli.console import Console
from sealer.cli.errors import KeyFileError
from sealer.cli.files.inputs import read_input
from sealer.cli.files.paths import is_file, is_folder
from sealer.cli.report import flatten
from sealer.errors import InputError, ManyErrors, SealerError, Where
from sealer.faults import Faults
from sealer_keys.errors import NoPrivateKeyError

if TYPE_CHECKING:
    from sealer.backup.container import Container
    from sealer.backup.contents import Contents, KeptSecret
    from sealer_keys.keyring import Keyring
    from sealer_keys.private_key import KeyPair

T = TypeVar("T")
CERTIFICATE_SUFFIX = ".crt"
MAXIMUM_SIZE = 16 * 1024 * 1024
_SUFFIXES = frozenset((".key", ".pem", ".yaml", ".yml", ".json"))


@dataclass(frozen=True, slots=True)
class Locked:
    """A backup that was found and is not open yet."""

    name: str
    container: "Container"


def load_keyring(
    names: Sequence[str], console: Console, *, passphrase_fd: int | None = None
) -> "Keyring":
    """Return all keys of files and folders.

    A named file without a usable key is an error. In a folder it is told and left alone: one
    damaged key must not keep the others from opening anything. Backups are opened last, with the
    keys of the other files, or with a passphrase, which is asked for.

    Args:
        names: Files and folders; each may be several, with commas between them.
        console: Where to say what was left alone.
        passphrase_fd: Read a passphrase from there; None asks, unless the environment says where.

    Raises:
        KeyFileError: A file cannot be used, or a folder holds no key.
        ManyErrors: There are several faults.
        WrongUsageError: A backup has a passphrase, and there is no way to ask for it.
    """
    from sealer_keys.keyring import Keyring

    keys: list[KeyPair] = []
    locked: list[Locked] = []
    for found in _collect(names, console, _keys_of):
        if isinstance(found, Locked):
            locked.append(found)
        else:
            keys.append(found)
    faults = Faults()
    for each in locked:
        with faults.collected():
            keys += _keys_in(open_backup(each, Keyring(keys), passphrase_fd), each, console)
    faults.check()
    # Of the same key twice the first counts, and a certificate tells how new it is.
    return Keyring(sorted(keys, key=lambda key: key.certificate is None))


def load_secrets(names: Sequence[str], namespace: str, console: Console) -> "list[KeptSecret]":
    """Return the key Secrets of files and folders as they are; PEM files become some.

    Those of a backup are taken out of it, and say of when it is. A key that opens a backup is there
    for that, and is not one of them itself, which is told. What is there twice counts once.

    Args:
        names: Files and folders; each may be several, with commas between them.
        namespace: For Secrets that have none.
        console: Where to say what was left alone.

    Raises:
        KeyFileError: A file cannot be used, or a folder holds no key.
        ManyErrors: There are several faults.
        WrongUsageError: A backup has a passphrase, and there is no way to ask for it.
    """
    from sealer.backup.container import is_backup, read_container
    from sealer.backup.contents import KeptSecret
    from sealer.keysecret import load_key_secrets

    def read(name: str) -> "list[KeptSecret | Locked]":
        data = read_input(name, maximum=MAXIMUM_SIZE)
        if is_backup(data):
            return [Locked(name, read_container(data))]
        beside = Path(name).with_suffix(CERTIFICATE_SUFFIX)
        if b"CERTIFICATE-----" not in data and b"PRIVATE KEY-----" in data and is_file(beside):
            data += b"\n" + read_input(str(beside), maximum=MAXIMUM_SIZE)
        secrets = load_key_secrets(data, origin=Path(name).stem, namespace=namespace)
        return [KeptSecret(each) for each in secrets]

    locked: list[Locked] = []
    kept: list[KeptSecret] = []
    for found in _collect(names, console, read):
        if isinstance(found, Locked):
            locked.append(found)
        else:
            kept.append(found)
    return _with_backups(kept, locked, console) if locked else kept


def _with_backups(
    kept: "list[KeptSecret]", locked: Sequence[Locked], console: Console
) -> "list[KeptSecret]":
    """Add what is in backups to key Secrets, and take away what only opens a backup."""
    from sealer.backup.contents import key_of, noted
    from sealer_keys.keyring import Keyring
    from sealer_keys.private_key import KeyPair

    pairs = [pair for each in kept if isinstance(pair := key_of(each.secret), KeyPair)]
    recipients = {name for each in locked for name in each.container.recipients}
    found = [each for each in kept if not _is_of(each, recipients)]
    faults = Faults()
    for backup in locked:
        with faults.collected():
            contents = open_backup(backup, Keyring(pairs), None)
            found += noted(contents, backup.container.created).secrets
    faults.check()
    for each in kept:
        if _is_of(each, recipients) and not _is_among(each, found):
            console.note(
                f"the key {each.secret.name} opens a backup that is given, and is left out itself"
            )
    names = [(each.secret.name, each.secret.data) for each in found]
    return [each for at, each in enumerate(found) if names[at] not in names[:at]]


def _is_among(kept: "KeptSecret", others: "Sequence[KeptSecret]") -> bool:
    return any(kept.secret.data == each.secret.data for each in others)


def _is_of(kept: "KeptSecret", fingerprints: Collection[str]) -> bool:
    from sealer.backup.contents import key_of
    from sealer_keys.private_key import KeyPair

    pair = key_of(kept.secret)
    return isinstance(pair, KeyPair) and pair.fingerprint in fingerprints


def read_backup(name: str) -> Locked:
    """Read a backup, which stays locked.

    Raises:
        KeyFileError: It cannot be read, or is none.
    """
    from sealer.backup.container import read_container

    try:
        return Locked(name, read_container(read_input(name, maximum=MAXIMUM_SIZE)))
    except SealerError as error:
        raise _placed(error, name) from None


def open_backup(locked: Locked, keyring: "Keyring", passphrase_fd: int | None) -> "Contents":
    """Return what is in a backup.

    Args:
        locked: The backup.
        keyring: Keys that may open one that is sealed to certificates.
        passphrase_fd: Read a passphrase from there; None asks, unless the environment says where.

    Raises:
        KeyFileError: It does not open.
        WrongUsageError: It has a passphrase, and there is no way to ask for it.
    """
    from sealer.backup.container import PassphraseLock
    from sealer.backup.contents import unpack
    from sealer.backup.lock import unlock_with_keys
    from sealer.cli.keys.passphrase import descriptor_of_environment, unlock

    container = locked.container
    try:
        if isinstance(container.lock, PassphraseLock):
            if passphrase_fd is None:
                passphrase_fd = descriptor_of_environment()
            return unpack(unlock(container, locked.name, passphrase_fd))
        return unpack(unlock_with_keys(container, keyring))
    except SealerError as error:
        raise _placed(error, locked.name) from None


def _keys_of(name: str) -> "list[KeyPair | Locked]":
    from sealer.backup.container import is_backup, read_container
    from sealer.keysecret import load_keys

    data = read_input(name, maximum=MAXIMUM_SIZE)
    if is_backup(data):
        return [Locked(name, read_container(data))]
    return [*load_keys(data, origin=name)]


def _keys_in(contents: "Contents", locked: Locked, console: Console) -> "list[KeyPair]":
    from sealer.backup.contents import key_of

    keys: list[KeyPair] = []
    for kept in contents.secrets:
        pair = key_of(kept.secret)
        if isinstance(pair, SealerError):
            where = Where(path=locked.name)
            console.warn(f"left alone: {pair.message}", where=where, hint=pair.hint)
        elif pair is not None:
            keys.append(pair)
    return keys


def _collect(names: Sequence[str], console: Console, read: Callable[[str], list[T]]) -> list[T]:
    """Return what is read from every file, and from every file of a folder."""
    found: list[T] = []
    faults = Faults()
    for name in (part for text in names for part in text.split(",") if part):
        with faults.collected():
            if is_folder(name):
                found += _from_folder(Path(name), console, read)
            else:
                found += _from_file(name, read)
    faults.check()
    return found


def _from_file(name: str, read: Callable[[str], list[T]]) -> list[T]:
    try:
        return read(name)
    except SealerError as error:
        raise ManyErrors(_placed(fault, name) for fault in flatten(error)) from error


def _from_folder(folder: Path, console: Console, read: Callable[[str], list[T]]) -> list[T]:
    found: list[T] = []
    for file in _key_files(folder):
        try:
            found += read(str(file))
        except SealerError as error:
            if not _is_certificate(error, file):
                for fault in (_placed(fault, str(file)) for fault in flatten(error)):
                    console.warn(f"left alone: {fault.message}", where=fault.where, hint=fault.hint)
    if not found:
        raise KeyFileError("no private key found in the folder", where=Where(path=str(folder)))
    return found


def _key_files(folder: Path) -> list[Path]:
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        where = Where(path=str(folder))
        raise KeyFileError(f"cannot be read: {error.strerror}", where=where) from None
    return [file for file in files if file.suffix.lower() in _SUFFIXES and is_file(file)]


def _is_certificate(error: SealerError, file: Path) -> bool:
    """Tell a file that never held a private key from one that is cut."""
    return isinstance(error, NoPrivateKeyError) and b"PRIVATE KEY" not in file.read_bytes()


def _placed(fault: SealerError, name: str) -> KeyFileError:
    where = fault.at(path=name).where if isinstance(fault, InputError) else Where(path=name)
    return KeyFileError(fault.message, where=where, hint=fault.hint)
