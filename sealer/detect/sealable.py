"""What `sealer seal` would do to a file: which Secrets it finds there, and what it cannot seal.

A Secret of placeholders must not be sealed, for it would hold them for ever; so it is asked of all
Secrets of a file in which one is found, and not of that one alone.
"""

from collections.abc import Iterator

from sealer.detect.finding import Sealable
from sealer.detect.objects import SECRET, KubeObject, entries, find_objects, pointer_to, text_of
from sealer.detect.rules import SECRET_IN_TEXT, UNENCRYPTED_SOPS_SECRET
from sealer.detect.settings import Settings
from sealer.detect.sops import read_stanza
from sealer.detect.values import Context, is_empty
from sealer.documents import Document, Mapping, Sequence, Stream

_MISSPELT = "write `apiVersion: v1` and `kind: Secret`, each once and spelt so, then {seal}"
_FAULTY = (
    "correct what does not parse in {path}, and let each key stand once in its mapping, then {seal}"
)
_MIXED = (
    "move the placeholders into a Secret of their own in another file, for sealing would make them "
    "values, then {seal}"
)
_SECTIONS = ("data", "stringData")
_FIELDS = {name.lower(): name for name in ("apiVersion", "kind", "metadata", *_SECTIONS)}
# The lists whose items `sealer seal` takes; of a SecretList they need not say what they are.
_LISTS = ("List", "SecretList")


def sealable(stream: Stream, path: str, settings: Settings) -> Iterator[Sealable]:
    """Yield the Secrets of a file, and what else would keep `sealer seal` from taking all of it.

    Args:
        stream: The file.
        path: Its name.
        settings: What the repository says.
    """
    fault = _fault_of(stream)
    for document in stream.documents:
        pointers = set()
        stanza = read_stanza(document.root) if document.root is not None else None
        context = Context(stream.source.text, stanza, path, settings)
        for found in find_objects(document):
            if found.kind == SECRET:
                pointer = f"/{document.number}{pointer_to(found.path)}"
                pointers.add(pointer)
                yield Sealable(pointer, fault or _obstacle(found, context))
        if not pointers and not _is_object(document):
            yield Sealable(f"/{document.number}", _FAULTY)


def _fault_of(stream: Stream) -> str:
    """Return what has to be done before any Secret of the file can be sealed."""
    faulty = [document for document in stream.documents if document.error is not None]
    if any("{{" in stream.text_of(document) for document in faulty):
        return SECRET_IN_TEXT.remedy  # a template
    return _FAULTY if faulty else ""


def _obstacle(found: KubeObject, context: Context) -> str:
    """Return what has to be done before a Secret can be sealed, or in place of that."""
    if "?" in (found.name, found.namespace):
        return SECRET_IN_TEXT.remedy  # a template, or it is none that Kubernetes takes
    if context.stanza is not None:
        return UNENCRYPTED_SOPS_SECRET.remedy
    if _is_misspelt(found):
        return _MISSPELT
    return _MIXED if _holds_placeholder(found, context) else ""


def _is_misspelt(found: KubeObject) -> bool:
    """Tell whether Kubernetes would take it for no Secret, though people mean one."""
    kind = [text_of(value) for value, _ in found.sections("kind")]
    version = [text_of(value) for value, _ in found.sections("apiVersion")]
    is_item = found.path is not None and found.path[1] is not None and found.path[1][0] == "items"
    if (kind, version) != (["Secret"], ["v1"]) and not (is_item and not kind and not version):
        return True
    fields = {text_of(key) for key, _ in entries(found.node)}
    return any(_FIELDS.get(field.lower(), field) != field for field in fields)


def _holds_placeholder(found: KubeObject, context: Context) -> bool:
    """Tell whether a value stands for one that comes from elsewhere, or is encrypted already."""
    return any(
        not is_empty(value)
        and context.readable_length(value, None, is_base64=name == "data") is None
        for name in _SECTIONS
        for section, _ in found.sections(name)
        if isinstance(section, Mapping)
        for _, value in entries(section)
    )


def _is_object(document: Document) -> bool:
    """Tell whether a document without Secrets passes `sealer seal` as it is."""
    root = document.root
    if isinstance(root, Sequence):
        return all(isinstance(item, Mapping) and _says_what_it_is(item) for item in root.items)
    return root is None or (isinstance(root, Mapping) and _says_what_it_is(root))


def _says_what_it_is(node: Mapping) -> bool:
    kind, version = node.get("kind"), node.get("apiVersion")
    return kind is not None and (version is not None or text_of(kind) in _LISTS)
