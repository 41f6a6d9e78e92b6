"""Where the items of a volume appear in the file systems of a pod's containers."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sealer.manifest.cursor import Cursor


@dataclass(frozen=True, slots=True)
class File:
    """What a container sees of a Secret.

    Attributes:
        container: The container's name.
        path: A file, or the folder of all items when `key` is empty.
        key: The item; empty for all.
    """

    container: str
    path: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume in a container.

    Attributes:
        container: The container's name.
        path: Where the volume is mounted.
        sub_path: The file or folder of the volume that is mounted; empty for the whole.
        is_computed: The `subPath` is made from variables and not known.
    """

    container: str
    path: str
    sub_path: str = ""
    is_computed: bool = False


def mounts_of(volume: str, containers: Sequence[Cursor]) -> tuple[Mount, ...]:
    """Return where containers mount a volume."""
    return tuple(
        Mount(
            container.text("name"),
            mount.text("mountPath"),
            mount.text("subPath").strip("/"),
            is_computed=mount.has("subPathExpr"),
        )
        for container in containers
        for mount in container.each("volumeMounts")
        if mount.text("name") == volume
    )


def files_of(mounts: Sequence[Mount], paths: Mapping[str, str] | None) -> tuple[File, ...]:
    """Return what containers see of a Secret.

    Args:
        mounts: Where the volume is mounted.
        paths: The items by their paths in the volume; None when every item stands under its key.
    """
    return tuple(file for mount in mounts for file in _seen(mount, paths))


def _seen(mount: Mount, paths: Mapping[str, str] | None) -> Iterator[File]:
    if mount.is_computed:
        yield File(mount.container, mount.path)
    elif paths is None:
        yield File(mount.container, mount.path, mount.sub_path)
    else:
        for path, key in paths.items():
            inside = _below(path, mount.sub_path)
            if inside is not None:
                yield File(mount.container, posixpath.join(mount.path, inside).rstrip("/"), key)


def _below(path: str, folder: str) -> str | None:
    """Return a path relative to a folder, empty for the folder itself; None when it is outside."""
    if not folder:
        return path
    if path == folder:
        return ""
    return path.removeprefix(folder + "/") if path.startswith(folder + "/") else None
