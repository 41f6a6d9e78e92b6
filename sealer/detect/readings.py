"""The ways to read a file: as its encoding says, and, where it is damaged, as text all the same."""

from collections.abc import Iterator

from sealer.documents import Stream, read_stream
from sealer.errors import DocumentError, DocumentLimitError


def readings(data: bytes) -> Iterator[Stream]:
    """Yield the file as its encoding says, without comments, and with damage passed over.

    Each of the latter only where it makes a difference. What is no text in a file does not make the
    rest of it harmless.

    Raises:
        DocumentLimitError: There are too many documents.
    """
    try:
        stream = read_stream(data)
    except DocumentLimitError:
        raise
    except DocumentError:
        pass
    else:
        yield stream
        yield from _without_comments(stream)
        if stream.source.encoding == "utf-8" and "\0" not in stream.source.text:
            return
    yield read_stream(_repaired(data))


def _without_comments(stream: Stream) -> Iterator[Stream]:
    if "/*" in stream.source.text:
        from sealer.detect.bare import without_comments  # noqa: PLC0415 - rarely needed

        text = without_comments(stream)
        if text is not None:
            yield read_stream(text.encode(errors="replace"))


def _repaired(data: bytes) -> bytes:
    """Return a text without NUL bytes and with a mark in place of each undecodable byte."""
    text = data.replace(b"\0", b"").decode(errors="replace")
    return text.lstrip("\ufffd").encode()
