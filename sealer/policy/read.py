"""`.sealer.yaml`, read strictly: a misspelt key must not leave a pin without effect."""

import re
from collections.abc import Mapping as AbstractMapping

from sealer.documents import Mapping, Node, Scalar, Sequence, read_stream
from sealer.errors import DocumentError, PolicyError, Where
from sealer.policy.hook import read_hook
from sealer.policy.model import Cluster, HookPolicy, Policy
from sealer.policy.reader import Reader, suggestion

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
    reader = Reader(stream, document)
    policy = _policy(reader, document.root)
    reader.faults.check()
    return policy


def _policy(reader: Reader, root: Node | None) -> Policy:
    if not isinstance(root, Mapping):
        reader.refuse(root, "a policy is a mapping", hint=_BEGINNING)
        return Policy()
    fields = reader.fields(root, POLICY_FIELDS)
    _check_version(reader, root, fields.get("version"))
    hook = read_hook(reader, fields["hook"]) if "hook" in fields else HookPolicy()
    clusters = {
        name: _cluster(reader, name, node)
        for name, node in reader.mapping(fields.get("clusters"), "clusters").items()
    }
    default = _default(reader, fields.get("default"), clusters)
    return Policy(clusters, default, hook)


def _check_version(reader: Reader, root: Mapping, node: Node | None) -> None:
    if not isinstance(node, Scalar) or node.value != VERSION or isinstance(node.value, bool):
        reader.refuse(node or root, f"version must be {VERSION}")


def _default(reader: Reader, node: Node | None, clusters: AbstractMapping[str, Cluster]) -> str:
    default = reader.text(node, "default")
    if default and default not in clusters:
        hint = suggestion(default, clusters)
        reader.refuse(node, f"there is no cluster {default}", hint=hint)
    return default


def _cluster(reader: Reader, name: str, node: Node) -> Cluster:
    if not isinstance(node, Mapping):
        reader.refuse(node, f"cluster {name} must be a mapping")
        return Cluster(name)
    fields = reader.fields(node, CLUSTER_FIELDS)
    certificate, context, controller_name, controller_namespace = (
        reader.text(fields.get(field), field)
        for field in ("certificate", "context", "controller-name", "controller-namespace")
    )
    return Cluster(
        name,
        certificate=certificate,
        fingerprints=_fingerprints(reader, fields.get("fingerprint")),
        context=context,
        controller_name=controller_name,
        controller_namespace=controller_namespace,
        paths=reader.patterns(fields.get("paths"), "paths"),
    )


def _fingerprints(reader: Reader, node: Node | None) -> tuple[str, ...]:
    texts = reader.texts(node, "fingerprint")
    if isinstance(node, Sequence) and not node.items:  # a pin that binds nothing
        reader.refuse(node, "fingerprint names no key", hint="leave it out to pin none")
    for part, text in texts:
        if not _FINGERPRINT.fullmatch(text):
            hint = "SHA256: and 43 characters, as `sealer cert show` prints it"
            reader.refuse(part, f"{text!r} is no fingerprint", hint=hint)
    return tuple(text for _, text in texts)
