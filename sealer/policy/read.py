"""`.sealer.yaml`, read strictly: a misspelt key must not leave a pin without effect."""

import re
from collections.abc import Mapping as AbstractMapping

from sealer.documents import Document, Mapping, Node, Scalar, Sequence, Stream, read_stream
from sealer.errors import DocumentError, PolicyError, Where
from sealer.faults import Faults
from sealer.policy.globs import why_never
from sealer.policy.model import Cluster, Policy

VERSION = 1
POLICY_FIELDS = ("version", "clusters", "default", "hook")
CLUSTER_FIELDS = (
    "certificate",
    "fingerprint",
    "context",
    "controller-name",
    "controller-namespace",
    "paths",
)
_BEGINNING = "it begins with version: 1"
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def read_policy(data: bytes) -> Policy:
    """Read a policy file.

    The section `hook` is the hook's: here it only has to be a mapping.

    Raises:
        PolicyError: It cannot be used; its place says where.
        ManyErrors: There are several faults.
    """
    try:
        stream = read_stream(data)
    except DocumentError as error:
        raise PolicyError(error.message, where=error.where, hint=error.hint) from None
    if not stream.documents:
        raise PolicyError("the policy is empty", where=Where(line=1), hint=_BEGINNING)
    document, *others = stream.documents
    if others:
        line, column = stream.source.position(others[0].start)
        where = Where(line=line, column=column)
        raise PolicyError("a policy is one document, and here begins another", where=where)
    if document.error is not None:
        fault = document.error
        raise PolicyError(fault.message, where=fault.where, hint=fault.hint)
    reader = _Reader(stream, document)
    policy = reader.policy(document.root)
    reader.faults.check()
    return policy


class _Reader:
    """Reads the parts of a policy and collects what is wrong with them."""

    def __init__(self, stream: Stream, document: Document) -> None:
        self.faults = Faults()
        self._stream = stream
        self._document = document

    def policy(self, root: Node | None) -> Policy:
        if not isinstance(root, Mapping):
            self._refuse(root, "a policy is a mapping", hint=_BEGINNING)
            return Policy()
        fields = self._fields(root, POLICY_FIELDS)
        self._check_version(root, fields.get("version"))
        if "hook" in fields and not isinstance(fields["hook"], Mapping):
            self._refuse(fields["hook"], "hook must be a mapping")
        clusters = {
            name: self._cluster(name, node)
            for name, node in self._mapping(fields.get("clusters"), "clusters").items()
        }
        default = self._text(fields.get("default"), "default")
        if default and default not in clusters:
            hint = _suggestion(default, clusters)
            self._refuse(fields["default"], f"there is no cluster {default}", hint=hint)
        return Policy(clusters, default)

    def _check_version(self, root: Mapping, node: Node | None) -> None:
        if not isinstance(node, Scalar) or node.value != VERSION or isinstance(node.value, bool):
            self._refuse(node or root, f"version must be {VERSION}")

    def _cluster(self, name: str, node: Node) -> Cluster:
        if not isinstance(node, Mapping):
            self._refuse(node, f"cluster {name} must be a mapping")
            return Cluster(name)
        fields = self._fields(node, CLUSTER_FIELDS)
        return Cluster(
            name,
            certificate=self._text(fields.get("certificate"), "certificate"),
            fingerprints=self._fingerprints(fields.get("fingerprint")),
            context=self._text(fields.get("context"), "context"),
            controller_name=self._text(fields.get("controller-name"), "controller-name"),
            controller_namespace=self._text(
                fields.get("controller-namespace"), "controller-namespace"
            ),
            paths=self._paths(fields.get("paths")),
        )

    def _paths(self, node: Node | None) -> tuple[str, ...]:
        texts = self._texts(node, "paths")
        for part, text in texts:
            if hint := why_never(text):
                self._refuse(part, f"the pattern {text!r} matches no file", hint=hint)
        return tuple(text for _, text in texts)

    def _fingerprints(self, node: Node | None) -> tuple[str, ...]:
        texts = self._texts(node, "fingerprint")
        if isinstance(node, Sequence) and not node.items:  # a pin that binds nothing
            self._refuse(node, "fingerprint names no key", hint="leave it out to pin none")
        for part, text in texts:
            if not _FINGERPRINT.fullmatch(text):
                hint = "SHA256: and 43 characters, as `sealer cert show` prints it"
                self._refuse(part, f"{text!r} is no fingerprint", hint=hint)
        return tuple(text for _, text in texts)

    def _fields(self, mapping: Mapping, known: tuple[str, ...]) -> AbstractMapping[str, Node]:
        fields = mapping.fields()
        for name in fields:
            if name not in known:
                self._refuse(
                    mapping.key_node(name) or mapping,
                    f"there is no setting {name} here",
                    hint=_suggestion(name, known) or f"known are: {', '.join(known)}",
                )
        return fields

    def _mapping(self, node: Node | None, what: str) -> AbstractMapping[str, Node]:
        if node is None:
            return {}
        if not isinstance(node, Mapping):
            self._refuse(node, f"{what} must be a mapping")
            return {}
        return node.fields()

    def _text(self, node: Node | None, what: str) -> str:
        if node is None:
            return ""
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, str) or not value:
            self._refuse(node, f"{what} must be a text", hint="put it in quotes")
            return ""
        return value

    def _texts(self, node: Node | None, what: str) -> list[tuple[Node, str]]:
        if node is None:
            return []
        nodes = node.items if isinstance(node, Sequence) else [node]
        return [(each, text) for each in nodes if (text := self._text(each, what))]

    def _refuse(self, node: Node | None, message: str, *, hint: str = "") -> None:
        where = self._stream.where(node, self._document) if node else None
        self.faults.add(PolicyError(message, where=where, hint=hint))


def _suggestion(name: str, known: AbstractMapping[str, object] | tuple[str, ...]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - rarely needed, slow to import

    close = get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else ""
