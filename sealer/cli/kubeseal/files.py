"""Files are read and written with the original's words where that fails."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sealer.cli.files.inputs import MAXIMUM_SIZE
from sealer.cli.files.output import Outputs
from sealer.cli.kubeseal.errors import RequestError


def read_file(name: str, *, maximum: int = MAXIMUM_SIZE) -> bytes:
    """Return the content of a file.

    Raises:
        RequestError: It cannot be read, or is larger than `maximum` bytes.
    """
    with told(name), Path(name).open("rb") as file:
        data = file.read(maximum + 1)
    if len(data) > maximum:
        raise RequestError(f"{name} is larger than {maximum // 1024 // 1024} MiB", hint="split it")
    return data


def check_folder(name: str) -> None:
    """Refuse a file that cannot be written because there is no folder for it.

    Raises:
        RequestError: It cannot be written.
    """
    with told(name):
        Path(name).parent.stat()


def write_file(
    name: str, data: bytes, *, expected: bytes | None = None, is_private: bool = False
) -> None:
    """Write a file at once or not at all; a new one is for its owner only.

    Args:
        name: The file.
        data: What it will hold.
        expected: What it has to hold still; None where that does not matter.
        is_private: It is for its owner only, even if it was not so before.

    Raises:
        OutputError: It cannot be written, or was changed meanwhile.
    """
    with Outputs(is_private=is_private) as outputs:
        outputs.write(Path(name), data, expected=expected)
        outputs.commit()


@contextmanager
def told(name: str) -> Iterator[None]:
    """Turn an error of the system into Go's words: `open FILE: no such file or directory`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RequestError(f"open {name}: {reason[:1].lower()}{reason[1:]}") from None
