"""The key Secrets of a cluster, read and marked through kubectl (compat.md 3.3)."""

import json
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from sealer.backup.contents import KeptSecret
from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.console import Console
from sealer.cli.errors import ClusterError, ConflictError, NotFoundError
from sealer.cli.report import flatten
from sealer.errors import SealerError
from sealer.keysecret import DEFAULT_PREFIX, DIGEST_KEY, KEY_LABEL
from sealer.manifest import Secret, read_secret
from sealer.scope import check_name, check_namespace

_ATTEMPTS = 3


class ClusterKeys:
    """The key Secrets of one namespace.

    Args:
        kubectl: Reaches the cluster.
        namespace: The controller's namespace.
        console: Where to say what cannot be read.

    Raises:
        IdentityError: The namespace is none.
    """

    def __init__(self, kubectl: Kubectl, namespace: str, console: Console) -> None:
        check_namespace(namespace)
        self._kubectl = kubectl
        self._console = console
        self._path = f"/api/v1/namespaces/{namespace}/secrets"

    def every(self) -> list[KeptSecret]:
        """Return all key Secrets, whatever their state, oldest first; the unlabelled one too.

        Raises:
            ClusterError: The cluster cannot be asked, or refuses.
        """
        answer = self._read(f"{self._path}?labelSelector={quote(KEY_LABEL, safe='')}")
        items = answer.get("items")
        found = [kept for item in items or () if (kept := self._kept(item)) is not None]
        if all(each.secret.name != DEFAULT_PREFIX for each in found):
            legacy = self.get(DEFAULT_PREFIX)
            found += [legacy] if legacy else []
        return sorted(found, key=lambda each: (each.created, each.secret.name))

    def digest_key(self) -> KeptSecret | None:
        """Return the Secret that keys the controller's digests; None when there is none.

        Raises:
            ClusterError: The cluster cannot be asked, or refuses.
        """
        return self.get(DIGEST_KEY)

    def get(self, name: str) -> KeptSecret | None:
        """Return a Secret; None when there is none.

        Raises:
            IdentityError: The name is none.
            ClusterError: The cluster cannot be asked, or refuses.
        """
        try:
            check_name(name)
            return self._kept(self._read(f"{self._path}/{name}"))
        except NotFoundError:
            return None

    def create(self, secret: Secret) -> None:
        """Store a Secret.

        Raises:
            ClusterError: The cluster cannot be asked, or refuses.
        """
        self._kubectl.post(self._path, json.dumps(secret.to_object()).encode())

    def annotate(self, name: str, annotation: str, text: str) -> bool:
        """Set an annotation of a Secret; tell whether it was another one before.

        Raises:
            ClusterError: The cluster cannot be asked, or refuses.
        """
        return self._change(name, "annotations", annotation, text)

    def label(self, name: str, label: str, text: str) -> bool:
        """Set a label of a Secret; tell whether it was another one before.

        Raises:
            ClusterError: The cluster cannot be asked, or refuses.
        """
        return self._change(name, "labels", label, text)

    def _change(self, name: str, field: str, key: str, text: str) -> bool:
        """Put the Secret back with one thing changed; again when it changed meanwhile."""
        for _ in range(_ATTEMPTS - 1):
            with suppress(ConflictError):
                return self._try_change(name, field, key, text)
        return self._try_change(name, field, key, text)

    def _try_change(self, name: str, field: str, key: str, text: str) -> bool:
        path = f"{self._path}/{name}"
        manifest = self._read(path)
        before = manifest["metadata"].get(field) or {}
        if before.get(key) == text:
            return False
        manifest["metadata"][field] = {**before, key: text}
        self._kubectl.put(path, json.dumps(manifest).encode())
        return True

    def _read(self, path: str) -> dict[str, Any]:
        try:
            answer = json.loads(self._kubectl.get(path))
        except (ValueError, RecursionError):
            raise ClusterError("the cluster's answer is no JSON") from None
        if not isinstance(answer, dict):
            raise ClusterError("the cluster's answer is no object")
        return answer

    def _kept(self, item: dict[str, Any]) -> KeptSecret | None:
        metadata = item.get("metadata") or {}
        try:
            secret = read_secret({**item, "apiVersion": "v1", "kind": "Secret"})
        except SealerError as error:
            for fault in flatten(error):
                message = f"Secret {metadata.get('name')} is left out: {fault.message}"
                self._console.warn(message, hint=fault.hint)
            return None
        return KeptSecret(secret, str(metadata.get("creationTimestamp") or ""))
