"""Every SealedSecret there is: in files, in the history of repositories, in a cluster."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.console import Console
from sealer.cli.errors import ClusterError
from sealer.cli.files.history import histories_of
from sealer.cli.files.inputs import find_inputs
from sealer.cli.report import about, flatten
from sealer.errors import SealerError, Where
from sealer.faults import Faults
from sealer.manifest import SealedSecret, read_sealed_secret
from sealer.sealing.recovery import find_sealed_secrets

_PATH = "/apis/bitnami.com/v1alpha1/sealedsecrets"
_PAGE = 500
_MARK = b"SealedSecret"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A SealedSecret and where it was found.

    Attributes:
        source: `file`, `history` or `cluster`.
        place: The file; with the content's id for an old version; empty for a cluster.
        sealed: The object.
    """

    source: str
    place: str
    sealed: SealedSecret


@dataclass(slots=True)
class Sweep:
    """Looks everywhere that is asked for.

    Attributes:
        console: Shows progress, and says what cannot be looked at.
        faults: Files that cannot be read.
        unknown: Old versions and objects that cannot be looked at: nobody knows what is in them.
    """

    console: Console
    faults: Faults = field(default_factory=Faults)
    unknown: int = 0

    def files(self, paths: Sequence[str], example: str) -> Iterator[Sighting]:
        """Yield what stands in files and folders.

        Raises:
            InputError: A path cannot be read, or a folder holds no manifest.
            WrongUsageError: Nothing is named.
        """
        inputs = find_inputs(paths, self.console, example=example)
        with self.console.progress(inputs, len(inputs), "reading") as files:
            for file in files:
                with self.faults.collected(), about(file.name):
                    _, found = find_sealed_secrets(file.read(), lenient=not file.is_named)
                    for each in found:
                        yield Sighting("file", file.name, each.sealed)

    def history(self, paths: Sequence[str]) -> Iterator[Sighting]:
        """Yield what stands in any version of any manifest of the repositories of paths.

        Raises:
            InputError: A path lies in no repository, or git cannot read it.
        """
        for history in histories_of(paths):
            if history.is_shallow:
                message = "the clone is shallow: older commits were not looked at"
                self._skip(message, str(history.root), "git fetch --unshallow")
            for version in history.versions():
                if _MARK in version.data.replace(b"\0", b""):
                    yield from self._in_version(f"{version.path}@{version.blob[:12]}", version.data)
            for name in history.missing:
                self._skip("this clone does not have it", name, "look at a full clone")

    def cluster(self, kubectl: Kubectl) -> Iterator[Sighting]:
        """Yield what a cluster holds, in all namespaces.

        Raises:
            ClusterError: The cluster cannot be asked, or refuses.
        """
        following = ""
        while True:
            more = f"&continue={quote(following)}" if following else ""
            try:
                answer = json.loads(kubectl.get(f"{_PATH}?limit={_PAGE}{more}"))
                items = list(answer.get("items") or ())
                following = (answer.get("metadata") or {}).get("continue") or ""
            except (ValueError, AttributeError, TypeError, RecursionError):
                raise ClusterError("the cluster's answer is no list of SealedSecrets") from None
            for item in items:
                yield from self._in_cluster(item)
            if not following:
                return

    def _in_version(self, place: str, data: bytes) -> Iterator[Sighting]:
        try:
            _, found = find_sealed_secrets(data, lenient=True)
        except SealerError as error:
            self._skip(f"cannot be read: {next(flatten(error)).message}", place, "")
            return
        for each in found:
            yield Sighting("history", place, each.sealed)

    def _in_cluster(self, item: object) -> Iterator[Sighting]:
        kind = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret"}
        fields = item if isinstance(item, dict) else {}
        try:
            yield Sighting("cluster", "", read_sealed_secret({**fields, **kind}))
        except SealerError as error:
            metadata = fields.get("metadata") or {}
            name = f"{metadata.get('namespace')}/{metadata.get('name')}"
            self._skip(f"cannot be read: {next(flatten(error)).message}", name, "")

    def _skip(self, message: str, place: str, hint: str) -> None:
        self.unknown += 1
        self.console.warn(message, where=Where(path=place), hint=hint)
