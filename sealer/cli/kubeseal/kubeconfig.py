"""The namespace that a kubeconfig, or the pod that this runs in, implies for Secrets without one.

Read as kubectl reads it: of several files the first that says something wins, files that are
missing say nothing, and within a pod what is not said in a kubeconfig comes from the pod.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sealer.cli.kubeseal.errors import KubeconfigError, NoKubeconfigError
from sealer.cli.kubeseal.settings import Access
from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.errors import DocumentError

DEFAULT_NAMESPACE = "default"
POD = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_USUAL = "~/.kube/config"
_NONE = (
    "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER "
    "environment variable"
)


@dataclass(frozen=True, slots=True)
class Implied:
    """A namespace that nobody gave.

    Attributes:
        namespace: The namespace.
        origin: Where it comes from, in words.
    """

    namespace: str
    origin: str


def implied_namespace(
    access: Access, environment: Mapping[str, str], *, pod: Path = POD
) -> Implied:
    """Return the namespace of the kubeconfig's context, or of the pod.

    Args:
        access: Which kubeconfig and context are meant.
        environment: The variables.
        pod: Where a pod finds what it is.

    Raises:
        NoKubeconfigError: There is no kubeconfig, and this is no pod.
        KubeconfigError: A kubeconfig cannot be read, or lacks the context that is meant.
    """
    in_pod = "KUBERNETES_SERVICE_HOST" in environment and (pod / "token").is_file()
    try:
        said = _of_context(access, environment)
    except NoKubeconfigError:
        if not in_pod:
            raise
        said = ""
    if said:
        return Implied(said, "the kubeconfig's context")
    if in_pod:
        return Implied(_of_pod(environment, pod), "the pod")
    return Implied(DEFAULT_NAMESPACE, "the kubeconfig's context, which names none")


def _of_pod(environment: Mapping[str, str], pod: Path) -> str:
    try:
        mounted = (pod / "namespace").read_text().strip()
    except OSError:
        mounted = ""
    return environment.get("POD_NAMESPACE") or mounted or DEFAULT_NAMESPACE


def _of_context(access: Access, environment: Mapping[str, str]) -> str:
    """Return what the context says; nothing where it names a cluster and no namespace."""
    configs = [_load(path, is_needed) for path, is_needed in _paths(access, environment)]
    current = access.context or _first(configs, "current-context")
    contexts = _named(configs, "contexts")
    if current and current not in contexts:
        raise KubeconfigError(
            f"invalid configuration: context was not found for specified context: {current}"
        )
    context = contexts.get(current, {})
    _check_cluster(configs, _text(context, "cluster"), access)
    return _text(context, "namespace")


def _check_cluster(configs: list[Mapping[str, object]], of_context: str, access: Access) -> None:
    """Refuse a configuration that leads to no cluster: what it says of a namespace is moot."""
    named = access.options.get("cluster")
    name = named if isinstance(named, str) and named else of_context
    if access.options.get("server") or _text(_named(configs, "clusters").get(name, {}), "server"):
        return
    if named:
        raise KubeconfigError(f'invalid configuration: no server found for cluster "{name}"')
    raise NoKubeconfigError(_NONE)


def _paths(access: Access, environment: Mapping[str, str]) -> Iterator[tuple[Path, bool]]:
    """Yield the files, and whether each has to be there."""
    if access.kubeconfig:
        yield Path(access.kubeconfig), True
    elif environment.get("KUBECONFIG"):
        for path in dict.fromkeys(environment["KUBECONFIG"].split(os.pathsep)):
            if path:
                yield Path(path), False
    else:
        yield Path(os.path.expanduser(_USUAL)), False  # noqa: PTH111 - there may be no home


def _load(path: Path, is_needed: bool) -> Mapping[str, object]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        if is_needed:
            raise KubeconfigError(f"stat {path}: no such file or directory") from None
        return {}
    except OSError as error:
        raise _unusable(path, error.strerror or type(error).__name__) from None
    try:
        documents = read_stream(data).documents
    except DocumentError as error:
        raise _unusable(path, error.message) from None
    if not documents:
        return {}
    if documents[0].error is not None or documents[0].root is None:
        raise _unusable(path, documents[0].error.message if documents[0].error else "empty")
    config = plain(documents[0].root)
    if not isinstance(config, dict):
        raise _unusable(path, "not a mapping")
    return config


def _unusable(path: Path, reason: str) -> KubeconfigError:
    return KubeconfigError(f'error loading config file "{path}": {reason}')


def _first(configs: list[Mapping[str, object]], field: str) -> str:
    return next((text for config in configs if (text := _text(config, field))), "")


def _named(configs: list[Mapping[str, object]], field: str) -> dict[str, Mapping[str, object]]:
    """Return the entries of a list by their names; of several, the first one counts."""
    entries: dict[str, Mapping[str, object]] = {}
    for config in configs:
        listed = config.get(field)
        for entry in listed if isinstance(listed, list) else ():
            value = entry.get(field.removesuffix("s")) if isinstance(entry, dict) else None
            if isinstance(value, dict):
                entries.setdefault(_text(entry, "name"), value)
    return entries


def _text(mapping: Mapping[str, object], field: str) -> str:
    value = mapping.get(field)
    return value if isinstance(value, str) else ""
