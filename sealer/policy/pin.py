"""A certificate is written into `.sealer.yaml`: the file and its pin, and nothing else changes."""

from dataclasses import dataclass

from sealer.documents import Mapping, Node, Scalar, Sequence, read_stream
from sealer.documents.edit import Change, Drop, Put, edit
from sealer.documents.emit import emit_yaml
from sealer.policy.read import VERSION


@dataclass(frozen=True, slots=True)
class Pin:
    """What to write.

    Attributes:
        cluster: The cluster's name.
        certificate: Path of its certificate, relative to the policy file.
        fingerprint: The public key that may be sealed with; it takes the place of all others.
        settings: More settings for a cluster that is not there yet, by their keys.
    """

    cluster: str
    certificate: str
    fingerprint: str
    settings: tuple[tuple[str, str], ...] = ()


def new_policy(pin: Pin) -> bytes:
    """Return a policy with one cluster, which is the default."""
    cluster = {"certificate": pin.certificate, "fingerprint": pin.fingerprint, **dict(pin.settings)}
    clusters = emit_yaml({"clusters": {pin.cluster: cluster}})
    default = emit_yaml({"default": pin.cluster})
    return f"version: {VERSION}\n{clusters}{default}".encode()


def pinned(policy: bytes, pin: Pin) -> bytes:
    """Return a policy with the pin in it; a list of pins that has it already stays.

    Args:
        policy: The policy file, which can be read.
        pin: What to write.

    Raises:
        UnsafeEditError: The file cannot be changed without touching something else.
    """
    stream = read_stream(policy)
    root = stream.documents[0].root
    assert isinstance(root, Mapping)  # noqa: S101 - a policy that was read is one
    cluster = _at(root, "clusters", pin.cluster)
    place = ("clusters", pin.cluster)
    changes: list[Change] = []
    if not isinstance(cluster, Mapping):
        changes += (Put((*place, name), text) for name, text in pin.settings)
    if _text(_at(cluster, "certificate")) != pin.certificate:
        changes.append(Put((*place, "certificate"), pin.certificate))
    before = _at(cluster, "fingerprint")
    if pin.fingerprint not in _texts(before):
        if isinstance(before, Sequence):
            changes.append(Drop((*place, "fingerprint")))
        changes.append(Put((*place, "fingerprint"), pin.fingerprint))
    return edit(stream, [(root, changes)]) if changes else policy


def _at(node: Node | None, *path: str) -> Node | None:
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, Scalar) else ""


def _texts(node: Node | None) -> list[str]:
    return [_text(each) for each in (node.items if isinstance(node, Sequence) else [node])]
