"""Which key is meant, and everything that it opens: what `compromise` and `retire` share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import click

from sealer.backup.contents import key_of
from sealer.cli.cluster.keys import ClusterKeys
from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.console import Console, printable
from sealer.cli.errors import NotFoundError, WrongUsageError
from sealer.cli.files.paths import is_file
from sealer.cli.jsontext import json_text
from sealer.cli.keys.keyfiles import load_keyring
from sealer.cli.keys.sweep import Sighting, Sweep
from sealer.manifest import Secret
from sealer.sealing.exposure import Evidence, Exposed, Inquiry, Suspect
from sealer_keys.certificate import Certificate
from sealer_keys.fingerprint import Fingerprint, short
from sealer_keys.keyring import Keyring
from sealer_keys.private_key import KeyPair

_NAMED = "SHA256:"


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look.

    Attributes:
        paths: Files and folders.
        history: Look at all commits of their repositories too.
        live: Look at what the cluster holds too.
    """

    paths: tuple[str, ...]
    history: bool
    live: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Items of one object that a key opens, or may open."""

    sighting: Sighting
    items: tuple[Exposed, ...]


@dataclass(slots=True)
class Report:
    """Everything that a key opens, or may open."""

    found: list[Found] = field(default_factory=list)

    @property
    def certain(self) -> int:
        """How many items the key opens."""
        return sum(item.evidence is not Evidence.POSSIBLE for item in self._items())

    @property
    def buried(self) -> int:
        """How many of these stand in old commits alone."""
        found = (each for each in self.found if each.sighting.source == "history")
        return sum(item.evidence is not Evidence.POSSIBLE for each in found for item in each.items)

    @property
    def possible(self) -> int:
        """How many items it may open."""
        return sum(item.evidence is Evidence.POSSIBLE for item in self._items())

    @property
    def disputed(self) -> int:
        """Of how many of these a note names another key, which proves nothing."""
        items = (item for item in self._items() if item.evidence is Evidence.POSSIBLE)
        return sum(bool(item.noted) for item in items)

    def settle(self, verdict: Callable[[str], Evidence | None]) -> None:
        """Give each value the strongest evidence of all its places, and tell it once.

        Every file is told, as all of them have to be changed. A value that stands in no file is
        told where the strongest evidence is; one that proves not to need the key, nowhere.
        """
        in_files = {
            item.text
            for each in self.found
            for item in each.items
            if each.sighting.source == "file"
        }

        def settled(each: Found) -> Iterator[Exposed]:
            for item in each.items:
                evidence = verdict(item.text)
                is_file = each.sighting.source == "file"
                is_told = is_file or (item.text not in in_files and item.evidence is evidence)
                if evidence is not None and is_told:
                    yield replace(item, evidence=evidence)

        kept = [Found(each.sighting, tuple(settled(each))) for each in self.found]
        self.found = [each for each in kept if each.items]

    def lines(self) -> list[str]:
        """Return what was found for people, a line for each object."""
        return [_line(each) for each in self.found]

    def to_objects(self) -> list[dict[str, object]]:
        """Return what was found as JSON values."""
        return [
            {
                "source": each.sighting.source,
                "place": each.sighting.place,
                "namespace": each.sighting.sealed.namespace,
                "name": each.sighting.sealed.name,
                "items": [
                    {"key": item.item, "evidence": item.evidence.value, "noted": item.noted or None}
                    for item in each.items
                ],
            }
            for each in self.found
        ]

    def _items(self) -> Iterable[Exposed]:
        return (item for each in self.found for item in each.items)


def look(sweep: Sweep, suspect: Suspect, places: Places, kubectl: Kubectl | None) -> Report:
    """Return everything in some places that a key opens, or may open; each value once.

    A cluster that refuses is one of the faults of the sweep: the rest is looked at all the same.

    Raises:
        InputError: A path or a history cannot be read.
    """
    report = Report()
    inquiry = Inquiry(suspect)
    strongest: dict[str, Evidence] = {}

    def take(sightings: Iterable[Sighting]) -> None:
        for sighting in sightings:
            items = tuple(
                item
                for item in inquiry.exposed_items(sighting.sealed)
                if sighting.source == "file"  # every file that has to be changed is told
                or item.evidence.is_stronger_than(strongest.get(item.text))
            )
            for item in items:
                if item.evidence.is_stronger_than(strongest.get(item.text)):
                    strongest[item.text] = item.evidence
            if items:
                report.found.append(Found(sighting, items))

    take(sweep.files(places.paths, "sealer keys compromise SHA256:… clusters/"))
    if kubectl is not None and places.live:
        with sweep.faults.collected():  # what stands elsewhere is to be told all the same
            take(sweep.cluster(kubectl))
    if places.history:
        take(sweep.history(places.paths))
    report.settle(inquiry.verdict)
    return report


def as_document(suspect: Suspect, report: Report, sweep: Sweep, **facts: object) -> str:
    """Return a report as JSON."""
    document = {
        "fingerprint": suspect.fingerprint,
        **facts,
        "objects": report.to_objects(),
        "unknown": sweep.unknown,
    }
    return json_text(document) + "\n"


@dataclass(frozen=True, slots=True)
class Stored:
    """A key as a cluster keeps it.

    Attributes:
        secret: Its Secret.
        pair: The key.
        others: The other keys that the cluster keeps, whatever their state.
    """

    secret: Secret
    pair: KeyPair
    others: tuple[KeyPair, ...]


def find_stored(name: str, cluster: ClusterKeys) -> Stored:
    """Return the key of a cluster that is meant.

    Args:
        name: A fingerprint, whole or short, or the file of a certificate.
        cluster: The cluster.

    Raises:
        NotFoundError: There is no such key.
        ClusterError: The cluster cannot be asked, or refuses.
        KeyFileError: The file is no certificate.
    """
    certificate = _certificate(name)
    wanted = certificate.fingerprint if certificate else name
    kept = [(each.secret, key_of(each.secret)) for each in cluster.every()]
    found = [(secret, pair) for secret, pair in kept if isinstance(pair, KeyPair)]
    for secret, pair in found:
        if is_called(pair.fingerprint, wanted):
            return Stored(secret, pair, _others(pair, (other for _, other in found)))
    raise NotFoundError(
        f"the cluster has no key {wanted}", hint="sealer keys list shows the ones that it has"
    )


def suspect_of(name: str, keyring: Keyring, stored: Stored | None) -> Suspect:
    """Return the key that is meant.

    Args:
        name: A fingerprint, whole or short, or the file of a certificate.
        keyring: Private keys at hand; they prove what they open.
        stored: The key as the cluster keeps it; None when the cluster was not asked.

    Raises:
        WrongUsageError: Nothing at hand tells which key that is.
        KeyFileError: The file is no certificate.
    """
    certificate = _certificate(name)
    wanted = certificate.fingerprint if certificate else name
    called = (each for each in keyring if is_called(each.fingerprint, wanted))
    pair = stored.pair if stored else next(called, None)
    if pair is not None:
        others = _others(pair, (*keyring, *(stored.others if stored else ())))
        return Suspect(pair.fingerprint, pair.private_key.public_key(), pair, others)
    if certificate is not None:
        return Suspect(certificate.fingerprint, certificate.public_key, others=tuple(keyring))
    raise WrongUsageError(
        f"it is not known which key {name} is",
        hint="--dry-run asks no cluster: name the file of its certificate, or give the private "
        "key: --keys FILE",
    )


def _others(pair: KeyPair, pairs: Iterable[KeyPair]) -> tuple[KeyPair, ...]:
    """Return the keys that are not the one."""
    return tuple(each for each in pairs if each.fingerprint != pair.fingerprint)


def is_called(fingerprint: Fingerprint, name: str) -> bool:
    """Tell whether a fingerprint, whole or short, names a key."""
    return name in (fingerprint, short(fingerprint), _NAMED + short(fingerprint))


def keyring_of(keys: Sequence[str], console: Console) -> Keyring:
    """Return the private keys that were given; none where none were."""
    return load_keyring(keys, console) if keys else Keyring()


def kubectl_of(ctx: click.Context) -> Kubectl:
    """Return what reaches the cluster that the options ask for.

    Raises:
        WrongUsageError: A cluster was named that the policy does not have.
    """
    from sealer.cli.commands.keys_backup import source_of

    return Kubectl(source_of(ctx).context)


def _certificate(name: str) -> Certificate | None:
    if name.startswith(_NAMED) or not is_file(name):
        return None
    from sealer.certsource import FileSource, Wish
    from sealer.cli.certificates.certificates import Certificates

    return Certificates(Wish(), Console()).load(FileSource(name))


def _line(found: Found) -> str:
    sealed = found.sighting.sealed
    items = ", ".join(
        f"{item.item or '(the whole Secret)'} ({_told(item)})" for item in found.items
    )
    place = found.sighting.place or "in the cluster"
    return printable(f"{place}: {sealed.namespace}/{sealed.name}: {items}")


def _told(item: Exposed) -> str:
    is_disputed = item.evidence is Evidence.POSSIBLE and item.noted
    return f"possible; noted for {item.noted}" if is_disputed else item.evidence.value
