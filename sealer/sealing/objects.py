"""Every object of a file, of any kind; what cannot be read does not hide the rest."""

from collections.abc import Iterator

from sealer.documents import Stream, read_stream
from sealer.faults import Faults
from sealer.manifest import Found, find_objects
from sealer.sealing.recovery import SEALED_SECRET


def each_object(data: bytes, faults: Faults) -> Iterator[tuple[Stream, Found]]:
    """Yield the objects of a file, each with the file that it stands in.

    Args:
        data: The file.
        faults: Takes in what cannot be read: documents, or the file as a whole.
    """
    with faults.collected():
        stream = read_stream(data)
        for document in stream.documents:
            if document.error is not None:
                faults.add(document.error)
            else:
                for found in find_objects(document):
                    yield stream, found


def seems_sealed(data: bytes) -> bool:
    """Tell whether a file that cannot be read seems to hold a SealedSecret, in any encoding.

    Files that were found in a folder may be anything, and most that do not parse are no manifests.
    """
    return SEALED_SECRET.is_named_in(data.replace(b"\0", b"").decode("latin-1"))
