"""Manifests as people write them: streams of YAML and JSON documents, with exact positions.

    text.py     bytes to characters and back: encodings, byte-order marks, lines and columns
    stream.py   a file, cut into its documents, each parsed on its own
    yaml.py     one YAML document to nodes, bounded in depth and size
    json.py     concatenated JSON values to the same nodes
    nodes.py    scalars, sequences and mappings that know where they stand
    scalars.py  what a bare YAML scalar means to Kubernetes
    template.py placeholders of templates, which are no manifests yet
    emit.py     objects to YAML and JSON text
    quoting.py  one string to a scalar

Files are changed where they stand, and all else in them stays byte for byte:

    edit.py     values are put, dropped and renamed
    changes.py  what can be changed in a mapping
    plan.py     which of several changes can be made at once
    entries.py  where an entry of a mapping begins and ends
    insert.py   a new entry, written like its neighbours
    remove.py   an entry goes, and its line or comma with it
    rewrite.py  a scalar is replaced in its own style
    patch.py    spans of a text are replaced
    compare.py  the changed file is read again: does it say what was meant?

All programs of the project read with this package alone, so that hook, client and controller
never disagree about what a file says (threats.md T23).
"""

from sealer.documents.nodes import Mapping, Node, Scalar, Sequence
from sealer.documents.stream import Document, Stream, read_stream

__all__ = ["Document", "Mapping", "Node", "Scalar", "Sequence", "Stream", "read_stream"]
