"""The Secrets that manifests bring about, and the places in manifests that use them.

Only names, item keys and places are kept; values that a manifest holds are not looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sealer.documents import Stream
from sealer.errors import Where
from sealer.manifest import Found
from sealer.manifest.cursor import Cursor
from sealer.manifest.fields import Path
from sealer.manifest.places import place
from sealer.manifest.providers import Provided, find_provided
from sealer.manifest.references import Reference, find_references
from sealer.sealing.survey import manifest_of


@dataclass(frozen=True, slots=True)
class Source:
    """An object that brings a Secret about.

    Attributes:
        provided: The Secret.
        where: Where the object stands.
        cluster: The cluster of the policy that it is for; empty when that is open.
    """

    provided: Provided
    where: Where
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A place in an object that uses a Secret.

    Attributes:
        kind: The object's kind.
        reference: What the place names, and how.
        where: Where it stands; names the object.
        cluster: The cluster of the policy that the object is for; empty when that is open.
    """

    kind: str
    reference: Reference
    where: Where
    cluster: str = ""

    @property
    def namespace(self) -> str:
        """The namespace of the Secret; empty when manifests leave it open."""
        return self.reference.namespace or self.where.namespace

    @property
    def secret(self) -> str:
        """What to call the Secret."""
        return f"{self.namespace}/{self.reference.name}".removeprefix("/")

    @property
    def user(self) -> str:
        """What to call the object."""
        return f"{self.kind} {f'{self.where.namespace}/{self.where.name}'.removeprefix('/')}"


@dataclass(slots=True)
class Inventory:
    """What manifests say about Secrets.

    Attributes:
        sources: What brings Secrets about, in order.
        uses: What uses them, in order.
    """

    sources: list[Source] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)

    def add_found(self, stream: Stream, found: Found, path: str, cluster: str = "") -> None:
        """Take in an object of a file.

        Args:
            stream: The file.
            found: The object.
            path: What to call the file.
            cluster: The cluster of the policy that the file is for.
        """

        def locate(keys: Path) -> Where:
            return place(stream, found, keys)._replace(path=path, item="")

        self._add(manifest_of(found), locate, cluster)

    def add_object(self, manifest: object) -> None:
        """Take in an object that comes from no file.

        Args:
            manifest: The object as JSON values.
        """
        root = Cursor(manifest)
        where = Where(
            namespace=root.text("metadata", "namespace"), name=root.text("metadata", "name")
        )
        self._add(manifest, lambda _: where, "")

    def _add(self, manifest: object, locate: Callable[[Path], Where], cluster: str) -> None:
        self.sources += (Source(each, locate(()), cluster) for each in find_provided(manifest))
        kind = Cursor(manifest).text("kind")
        self.uses += (
            Use(kind, each, locate(each.path), cluster) for each in find_references(manifest)
        )
