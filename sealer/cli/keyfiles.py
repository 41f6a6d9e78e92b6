"""Private keys from files and folders: PEM files, key Secrets, `List`s of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sealer.cli.console import Console
from sealer.cli.errors import KeyFileError
from sealer.cli.files import read_input
from sealer.cli.report import flatten
from sealer.errors import InputError, ManyErrors, SealerError, Where
from sealer.faults import Faults
from sealer_keys.errors import NoPrivateKeyError

if TYPE_CHECKING:
    from sealer_keys.keyring import Keyring
    from sealer_keys.private_key import KeyPair

MAXIMUM_SIZE = 16 * 1024 * 1024
_SUFFIXES = frozenset((".key", ".pem", ".yaml", ".yml", ".json"))


def load_keyring(names: Sequence[str], console: Console) -> "Keyring":
    """Return all keys of files and folders.

    A named file without a usable key is an error. In a folder it is told and left alone: one
    damaged key must not keep the others from opening anything.

    Args:
        names: Files and folders; each may be several, with commas between them.
        console: Where to say what was left alone.

    Raises:
        KeyFileError: A file cannot be used, or a folder holds no key.
        ManyErrors: There are several faults.
    """
    from sealer_keys.keyring import Keyring

    keys: list[KeyPair] = []
    faults = Faults()
    for name in (part for text in names for part in text.split(",") if part):
        with faults.collected():
            keys += _from_folder(Path(name), console) if Path(name).is_dir() else _from_file(name)
    faults.check()
    return Keyring(keys)


def _load(name: str) -> "list[KeyPair]":
    from sealer.keysecret import load_keys

    return load_keys(read_input(name, maximum=MAXIMUM_SIZE), origin=name)


def _from_file(name: str) -> "list[KeyPair]":
    try:
        return _load(name)
    except SealerError as error:
        raise ManyErrors(_placed(fault, name) for fault in flatten(error)) from error


def _from_folder(folder: Path, console: Console) -> "list[KeyPair]":
    keys: list[KeyPair] = []
    for file in _key_files(folder):
        try:
            keys += _load(str(file))
        except SealerError as error:
            if not _is_certificate(error, file):
                for fault in (_placed(fault, str(file)) for fault in flatten(error)):
                    console.warn(f"left alone: {fault.message}", where=fault.where, hint=fault.hint)
    if not keys:
        raise KeyFileError("no private key found in the folder", where=Where(path=str(folder)))
    return keys


def _key_files(folder: Path) -> list[Path]:
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        where = Where(path=str(folder))
        raise KeyFileError(f"cannot be read: {error.strerror}", where=where) from None
    return [file for file in files if file.suffix.lower() in _SUFFIXES and file.is_file()]


def _is_certificate(error: SealerError, file: Path) -> bool:
    """Tell a file that never held a private key from one that is cut."""
    return isinstance(error, NoPrivateKeyError) and b"PRIVATE KEY" not in file.read_bytes()


def _placed(fault: SealerError, name: str) -> KeyFileError:
    where = fault.at(path=name).where if isinstance(fault, InputError) else Where(path=name)
    return KeyFileError(fault.message, where=where, hint=fault.hint)
