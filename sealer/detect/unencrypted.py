"""Values that SOPS was to encrypt and has not, in documents of any kind."""

from collections.abc import Iterator

from sealer.detect.encrypted import unencrypted_leaves
from sealer.detect.objects import find_objects, names_in, pointer_to, shown_key
from sealer.detect.rules import UNENCRYPTED_SOPS_SECRET
from sealer.detect.sighting import Sighting
from sealer.detect.values import Context, readable_length
from sealer.documents import Document


def unencrypted_values(document: Document, context: Context) -> Iterator[Sighting]:
    """Report each value that the document's own stanza covers, and that anyone can read.

    The values of a Secret are reported as such. Where comments decide what is encrypted, nobody
    knows what should be.
    """
    stanza = context.stanza
    if stanza is None or stanza.goes_by_comments or any(find_objects(document)):
        return
    placeholders = context.settings.placeholders
    for path, leaf in unencrypted_leaves(document, stanza):
        length = readable_length(leaf.text, is_base64=False, placeholders=placeholders)
        if length is not None:
            key = "".join(shown_key(name) for name in names_in(path)[-1:])
            pointer = pointer_to(path)
            yield Sighting(
                UNENCRYPTED_SOPS_SECRET, leaf.start, key, length, pointer=pointer, end=leaf.end
            )
