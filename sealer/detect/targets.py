"""What a patch is for: the kind that a kustomization names beside it."""

import posixpath
import re
from collections.abc import Iterator

from sealer.detect.job import Memory
from sealer.detect.objects import entries, key_of, text_of
from sealer.detect.settings import Settings
from sealer.documents import Mapping, Node, Scalar, read_stream
from sealer.documents.nodes import walk
from sealer.errors import DocumentError

_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_MOST_FOLDERS = 3
# A target's kind may be an expression: `Secret|ConfigMap`.
_WORD = re.compile(r"[a-z]+")
_OF_SECRETS = ("secret", "sealedsecret")


def kind_of_target(target: Node | None) -> str:
    """Return the kind that a `target` names, in lower case; empty where it names none.

    Of several the one that holds values counts.
    """
    if not isinstance(target, Mapping):
        return ""
    kinds = [
        word
        for key, value in entries(target)
        if key_of(key).lower() == "kind" and isinstance(value, Scalar)
        for word in _WORD.findall(key_of(value).lower())
    ]
    return next((kind for kind in kinds if kind in _OF_SECRETS), kinds[0] if kinds else "")


def target_of_file(path: str, settings: Settings, memory: Memory) -> str:
    """Return the kind that a file with a patch is for, as a kustomization around it says.

    Args:
        path: The file.
        settings: Give the files around it.
        memory: What is known of it.
    """
    if path not in memory.targets:
        memory.targets[path] = _target_of_file(path, settings)
    return memory.targets[path]


def _target_of_file(path: str, settings: Settings) -> str:
    folder = posixpath.dirname(path)
    for _ in range(_MOST_FOLDERS):
        for target in _targets(path, folder, settings):
            return target
        if not folder or folder in (".", "/"):
            break
        folder = posixpath.dirname(folder)
    return ""


def _targets(path: str, folder: str, settings: Settings) -> Iterator[str]:
    """Yield the kinds that the kustomization of a folder has the patch for."""
    for root in _kustomizations(folder, settings):
        for node in walk(root):
            if not isinstance(node, Mapping):
                continue
            fields = {key_of(key): value for key, value in entries(node)}
            named = fields.get("path")
            if named is None or not isinstance(fields.get("target"), Mapping):
                continue
            if posixpath.normpath(posixpath.join(folder, text_of(named))) == posixpath.normpath(
                path
            ):
                yield kind_of_target(fields["target"])


def _kustomizations(folder: str, settings: Settings) -> Iterator[Node]:
    for name in _FILES:
        data = settings.lookup(posixpath.join(folder, name)) if settings.lookup else None
        if data is not None:
            try:
                documents = read_stream(data).documents
            except DocumentError:
                continue
            yield from (document.root for document in documents if document.root is not None)
