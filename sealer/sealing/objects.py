"""Every object of a file, of any kind; what cannot be read does not hide the rest."""

from collections.abc import Iterator

from sealer.documents import Stream, read_stream
from sealer.errors import SealerError
from sealer.faults import Faults
from sealer.manifest import Found, find_objects
from sealer.sealing.recovery import SEALED_SECRET


def each_object(
    data: bytes, faults: Faults, *, lenient: bool = False
) -> Iterator[tuple[Stream, Found]]:
    """Yield the objects of a file, each with the file that it stands in.

    Args:
        data: The file.
        faults: Takes in what cannot be read: documents, or the file as a whole.
        lenient: The file was found in a folder and may be anything: what cannot be read is a fault
            only where the file seems to hold a SealedSecret.
    """
    unreadable: list[SealerError] = []
    try:
        stream = read_stream(data)
    except SealerError as error:
        unreadable.append(error)
    else:
        unreadable += (each.error for each in stream.documents if each.error is not None)
        for document in stream.documents:
            if document.error is None:
                for found in find_objects(document):
                    yield stream, found
    if unreadable and (not lenient or SEALED_SECRET.is_named_in(_as_text(data))):
        for fault in unreadable:
            faults.add(fault)


def _as_text(data: bytes) -> str:
    """Return a file as text that names can be looked for in, whatever its encoding."""
    return data.replace(b"\0", b"").decode("latin-1")
