"""Files are sealed anew in place, each by itself: read, renewed, spliced, written.

A file that is not finished is untouched, so a run that was stopped is finished by the next one.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from sealer.cli.certificates.certificates import Certificates
from sealer.cli.cluster.controller import Controller
from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.cluster.patience import Patience
from sealer.cli.cluster.refusals import HOPELESS, about_object
from sealer.cli.errors import ChangedMeanwhileError
from sealer.cli.files.inputs import InputFile
from sealer.cli.files.output import Outputs
from sealer.cli.files.temporary import TemporaryFiles
from sealer.cli.report import fill_in, flatten
from sealer.cli.resealing.rotate import Rotation
from sealer.errors import OutputError, SealerError
from sealer.manifest import SealedSecret
from sealer.sealing.reseal import Renewal, RenewedObject, renew_with_keys, reseal_stream
from sealer.sealing.spread import Spread
from sealer_keys.certificate import Certificate
from sealer_keys.keyring import Keyring

if TYPE_CHECKING:
    from sealer.certsource import ClusterSource
    from sealer_keys.fingerprint import Fingerprint

_LARGE = 64 * 1024


class Means(Protocol):
    """What renews objects: private keys, or a controller. Called from several threads."""

    def renew(self, file: InputFile, sealed: SealedSecret) -> Renewal:
        """Renew the items of an object of a file.

        Raises:
            SealerError: It cannot be renewed.
        """


class WithKeys:
    """Renews objects with private keys that are at hand.

    Args:
        certificates: Say which certificate to seal with.
        keyring: The private keys.
        spread: Applies a function to every item of an object, on all cores; for large files, as
            small ones come in numbers and keep the cores busy by themselves.
    """

    def __init__(self, certificates: Certificates, keyring: Keyring, spread: Spread) -> None:
        self._certificates = certificates
        self._keyring = keyring
        self._spread = spread
        self._lock = Lock()
        self._warned: set[Fingerprint] = set()
        # Files of one folder are mostly sealed with one key, and each wrong try costs as much as
        # opening. Threads may overwrite each other's guess: it is one.
        self._likely: Fingerprint | None = None

    def renew(self, file: InputFile, sealed: SealedSecret) -> Renewal:
        """Renew the items of an object of a file."""
        with self._lock:
            target = self._certificates.for_keys(file.path, self._keyring)
            self._warn(target)
        spread = self._spread if _is_large(file) else map
        renewal = renew_with_keys(sealed, self._keyring, target, likely=self._likely, spread=spread)
        self._likely = renewal.opened_by or self._likely
        return renewal

    def _warn(self, target: Certificate) -> None:
        """Say when the keys hold a newer one than the certificate of the same cluster."""
        if self._keyring.get(target.fingerprint) is None or target.fingerprint in self._warned:
            return
        self._warned.add(target.fingerprint)
        newest = self._keyring.active
        if newest.fingerprint != target.fingerprint and newest.order_time > target.not_before:
            self._certificates.console.warn(
                f"the private keys hold a newer key than the certificate: {newest.fingerprint}",
                hint="fetch the newest certificate first: sealer cert fetch",
            )


def _is_large(file: InputFile) -> bool:
    if file.path is not None:
        with suppress(OSError):
            return file.path.stat().st_size > _LARGE
    return True


class ThroughController:
    """Renews objects through the controllers of the clusters that the files belong to.

    Args:
        certificates: Say which cluster a file belongs to.
        patience: How long to wait for a controller that is busy.
        must_know: See `Rotation`.
    """

    def __init__(
        self, certificates: Certificates, patience: Patience, *, must_know: bool = False
    ) -> None:
        self._certificates = certificates
        self._patience = patience
        self._must_know = must_know
        self._lock = Lock()
        self._rotations: dict[ClusterSource, Rotation] = {}

    def renew(self, file: InputFile, sealed: SealedSecret) -> Renewal:
        """Renew the items of an object of a file."""
        with self._lock:
            rotation = self._rotation(file.path)
        return rotation.renew(sealed)

    def _rotation(self, path: Path | None) -> Rotation:
        newest = self._certificates.for_cluster(path)  # each file's own pins are asked
        source = self._certificates.controller_for(path)
        if source not in self._rotations:
            controller = Controller(
                Kubectl(source.context), source.controller_name, source.controller_namespace
            )
            self._rotations[source] = Rotation(
                controller, newest, self._patience, must_know=self._must_know
            )
        return self._rotations[source]


@dataclass(frozen=True, slots=True)
class Resealed:
    """What came of a file.

    Attributes:
        file: The file.
        data: Its new content; None where it cannot be used or written.
        is_changed: Whether that is another content than before.
        objects: Its SealedSecrets.
        faults: What is wrong, the objects' faults included.
    """

    file: InputFile
    data: bytes | None = None
    is_changed: bool = False
    objects: tuple[RenewedObject, ...] = ()
    faults: tuple[SealerError, ...] = ()

    @property
    def is_hopeless(self) -> bool:
        """Whether the other files need not be tried."""
        return any(isinstance(fault, HOPELESS) for fault in self.faults)


def reseal_file(file: InputFile, means: Means, *, temporaries: TemporaryFiles | None) -> Resealed:
    """Seal a file anew, and put it in its place; what is wrong is returned.

    Args:
        file: The file.
        means: Renews its objects.
        temporaries: Those to write it with; None writes nothing, and standard input is never
            written. The caller syncs the folders at the end.
    """
    try:
        before = file.read()
        stream = reseal_stream(before, partial(means.renew, file), lenient=not file.is_named)
    except SealerError as error:
        fill_in(error, file.name)
        return Resealed(file, faults=tuple(flatten(error)))
    faults = tuple(_faults(file, stream.objects))
    is_changed = stream.data != before
    if is_changed and temporaries is not None and file.path is not None:
        try:
            _replace(file.path, stream.data, before, temporaries)
        except OutputError as error:
            return Resealed(file, faults=(*faults, error))
    return Resealed(file, stream.data, is_changed, stream.objects, faults)


def _faults(file: InputFile, objects: Iterable[RenewedObject]) -> Iterator[SealerError]:
    """Yield what is wrong with objects, each with its place."""
    for each in objects:
        for error in each.faults:
            fill_in(error, file.name)
            where = each.where._replace(path=file.name)
            yield from (about_object(fault, where) for fault in flatten(error))


def _replace(path: Path, data: bytes, before: bytes, temporaries: TemporaryFiles) -> None:
    try:
        with Outputs(temporaries=temporaries) as outputs:
            outputs.write(path, data, expected=before)
            outputs.commit()
    except ChangedMeanwhileError as error:
        message = f"{path} was changed meanwhile, and is left as it is"
        raise ChangedMeanwhileError(message, hint=error.hint) from None
