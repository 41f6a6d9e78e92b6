"""Detector: values for Helm charts. Off by default: no structure tells which of them are secret.

Where it is switched on, every text counts that is neither empty nor a placeholder nor encrypted:
that is for repositories whose values files are to hold nothing in clear, such as those that SOPS
encrypts as a whole.
"""

from collections.abc import Iterator

from sealer.detect.objects import (
    CORE_GROUPS,
    Path,
    entries,
    identity,
    is_of_group,
    key_of,
    pointer_to,
    shown_key,
    text_of,
)
from sealer.detect.prefilter import is_values_file
from sealer.detect.rules import HELM_VALUES
from sealer.detect.sighting import Sighting
from sealer.detect.values import Context
from sealer.documents import Document, Mapping, Node, Scalar, Sequence

_RELEASE = "helmrelease"
_GROUPS = (*CORE_GROUPS, "helm.toolkit.fluxcd.io", "helm.fluxcd.io")


def helm_values(document: Document, context: Context) -> Iterator[Sighting]:
    """Report each text among the values of a chart that can be read."""
    root = document.root
    if not isinstance(root, Mapping):
        return
    fields = {key_of(key).lower(): value for key, value in entries(root)}
    if _is_release(fields):
        owner = identity(root)
        for part, path in _values_of(root):
            yield from _texts(part, path, owner, context)
    elif "kind" not in fields and is_values_file(context.path):
        for key, part in entries(root):
            if key_of(key) != "sops" or context.stanza is None:
                yield from _texts(part, (key_of(key), None), ("", ""), context)


def _is_release(fields: dict[str, Node]) -> bool:
    kind, version = (
        text_of(fields[name]) if name in fields else "" for name in ("kind", "apiversion")
    )
    return kind.lower() == _RELEASE and is_of_group(version, _GROUPS)


def _values_of(release: Mapping) -> Iterator[tuple[Node, Path]]:
    for key, spec in entries(release):
        if key_of(key) == "spec" and isinstance(spec, Mapping):
            for name, part in entries(spec):
                if key_of(name) == "values":
                    yield part, ("values", ("spec", None))


def _texts(root: Node, path: Path, owner: tuple[str, str], context: Context) -> Iterator[Sighting]:
    """Yield the readable texts below a node, those of whole manifests left to their own rules."""
    namespace, name = owner
    seen: set[int] = set()
    pending: list[tuple[Node, Path]] = [(root, path)]
    while pending:
        node, path = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending.extend((item, (n, path)) for n, item in enumerate(node.items))
        elif isinstance(node, Mapping):
            if not _is_manifest(node):
                pending.extend((value, (key_of(key), path)) for key, value in entries(node))
        elif _is_text(node):
            length = context.readable_length(node, path, is_base64=False)
            if length is not None:
                key = shown_key(str(path[0]) if path else "")
                pointer = pointer_to(path)
                yield Sighting(
                    HELM_VALUES, node.start, key, length, namespace, name, pointer, node.end
                )


def _is_manifest(node: Mapping) -> bool:
    return {"kind", "apiVersion"} <= {key_of(key) for key, _ in node.pairs}


def _is_text(node: Scalar) -> bool:
    """Tell whether a scalar is text to a chart: no number, no switch, nothing."""
    try:
        return isinstance(node.value, str)
    except ValueError:
        return True
