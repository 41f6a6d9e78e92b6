"""The folder of the kustomization: which files may be read, and what kustomize will rename.

Kustomize runs plugins in that folder. It reads no files outside of it, and neither do we.
"""

import os
from pathlib import Path

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.errors import InputError, ManifestError, SealerError, Where
from sealer.manifest.fields import FieldReader
from sealer.scope import Scope

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def checked_path(path: str, root: Path) -> str:
    """Return a path that lies in the folder of the kustomization.

    Raises:
        InputError: It leads out of it, or would read standard input.
    """
    real = Path(os.path.realpath(root / path))
    if path == "-" or Path(path).is_absolute() or not real.is_relative_to(root.resolve()):
        raise InputError(
            "the file is outside of the kustomization's folder",
            where=Where(path=path),
            hint="kustomize reads no files outside either; copy it, or link the folder as a base",
        )
    return path


class Kustomization:
    """What the kustomization of this folder does to names.

    Attributes:
        namespace: The namespace that all its objects get; empty for none.
    """

    def __init__(self, root: Path) -> None:
        """Read it.

        Raises:
            InputError: It cannot be read.
        """
        fields = FieldReader(_read(root))
        self.namespace = fields.text("namespace")
        self._prefix = fields.text("namePrefix")
        self._suffix = fields.text("nameSuffix")
        fields.check()

    def check_identity(self, scope: Scope, namespace: str) -> None:
        """Refuse to seal for a name that the object will not keep.

        Raises:
            ManifestError: Kustomize would rename it afterwards, and it would not open.
        """
        if scope is Scope.CLUSTER_WIDE:
            return
        if self.namespace not in ("", namespace):
            raise _renamed(f"moves it to namespace {self.namespace}, and not {namespace}")
        if scope is Scope.STRICT and (self._prefix or self._suffix):
            raise _renamed("has namePrefix or nameSuffix")


def _renamed(what: str) -> ManifestError:
    return ManifestError(
        f"the value would not open: the kustomization {what}, after it was sealed",
        hint="make the Secret with kustomize's own secretGenerator, and seal it with a "
        "SealedSecretTransformer under `transformers`; or choose a wider scope",
    )


def _read(root: Path) -> object:
    found = [root / name for name in NAMES if (root / name).is_file()]
    if len(found) != 1:  # kustomize itself refuses none, and several
        return {}
    try:
        documents = read_stream(found[0].read_bytes()).documents
    except (OSError, SealerError):
        return {}
    nodes = [each.root for each in documents if each.error is None and each.root is not None]
    return plain(nodes[0]) if len(nodes) == 1 else {}
