"""Files are asked whether their SealedSecrets open: of private keys, or of the controller."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from sealer.cli.certificates.certificates import Certificates
from sealer.cli.cluster.controller import Controller
from sealer.cli.cluster.kubectl import Kubectl
from sealer.cli.cluster.patience import Patience
from sealer.cli.cluster.refusals import HOPELESS, about_object
from sealer.cli.cluster.status import reason_in_cluster
from sealer.cli.errors import ConflictError
from sealer.cli.files.inputs import InputFile
from sealer.cli.report import fill_in, flatten
from sealer.cli.resealing.rendering import render
from sealer.documents import Stream
from sealer.envelope import Opened
from sealer.errors import SealerError, Where
from sealer.manifest import SealedSecret
from sealer.manifest.places import place, placed
from sealer.sealing.explain import Explanation, Neighbours, Search
from sealer.sealing.recovery import PlacedSealedSecret, find_sealed_secrets
from sealer.sealing.spread import Spread
from sealer.sealing.survey import manifest_of
from sealer.sealing.unseal import (
    BOTH_FORMATS,
    UnsealOptions,
    first_tries,
    open_items,
    sealed_texts,
)
from sealer_keys.keyring import Keyring

if TYPE_CHECKING:
    from sealer.certsource import ClusterSource
    from sealer_keys.fingerprint import Fingerprint

# Deeper folders than these seldom have the name of a namespace.
_FOLDERS = 4


@dataclass(slots=True)
class Item:
    """An item and whether it opens.

    Attributes:
        key: Its key; empty for the one value of the V1 format.
        where: Where it stands.
        opened_by: The key that opens it; None when none does.
        fault: Why it does not open; None when it does.
        explanation: The same with what a search has found; None before the search.
    """

    key: str
    where: Where
    opened_by: "Fingerprint | None" = None
    fault: SealerError | None = None
    explanation: Explanation | None = None


@dataclass(slots=True)
class Verdict:
    """A SealedSecret and whether it opens.

    Attributes:
        where: Where it stands.
        sealed: The object, as long as it is needed to explain why it does not open.
        scope: Its scope.
        opens: The answer; None where there is none.
        items: Its items, where they were tried one by one.
        reason: Why the object as a whole does not open, as far as known: lines of text.
    """

    where: Where
    scope: str
    opens: bool | None
    items: tuple[Item, ...] = ()
    reason: str = ""
    sealed: SealedSecret | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of a file.

    Attributes:
        file: The file.
        verdicts: Its SealedSecrets.
        faults: What is wrong with it, or why there is no answer.
    """

    file: InputFile
    verdicts: tuple[Verdict, ...] = ()
    faults: tuple[SealerError, ...] = ()

    @property
    def is_hopeless(self) -> bool:
        """Whether the other files need not be tried."""
        return any(isinstance(fault, HOPELESS) for fault in self.faults)


class Judge(Protocol):
    """Tells whether an object opens. Called from several threads."""

    def judge(self, file: InputFile, stream: Stream, each: PlacedSealedSecret) -> Verdict:
        """Tell whether an object of a file opens.

        Raises:
            SealerError: There is no answer.
        """


class KeysJudge:
    """Tries private keys that are at hand.

    Args:
        keyring: The private keys.
        spread: Applies a function to every item, on all cores.
    """

    def __init__(self, keyring: Keyring, spread: Spread) -> None:
        self._keyring = keyring
        self._spread = spread

    def judge(self, file: InputFile, stream: Stream, each: PlacedSealedSecret) -> Verdict:
        """Tell whether an object of a file opens."""
        sealed = each.sealed
        options = UnsealOptions(first=first_tries(sealed, self._keyring), spread=self._spread)
        results = open_items(sealed, self._keyring, options)
        items = tuple(
            _item(key, result, _place_of_item(file, stream, each, key))
            for key, result in results.items()
        )
        items += tuple(_template_faults(file, stream, each, results))
        opens = all(item.fault is None for item in items)
        is_both = sealed.legacy_data is not None and bool(sealed.encrypted_data)
        return Verdict(
            place(stream, each.found)._replace(path=file.name),
            sealed.identity.scope.value,
            opens and not is_both,
            items,
            reason=BOTH_FORMATS if is_both else "",
            sealed=None if opens else sealed,
        )


class ControllerJudge:
    """Asks the controllers of the clusters that the files belong to; they say yes or no.

    Args:
        certificates: Say which cluster a file belongs to.
        patience: How long to wait for a controller that is busy.
    """

    def __init__(self, certificates: Certificates, patience: Patience) -> None:
        self._certificates = certificates
        self._patience = patience
        self._lock = Lock()
        self._controllers: dict[ClusterSource, Controller] = {}

    def judge(self, file: InputFile, stream: Stream, each: PlacedSealedSecret) -> Verdict:
        """Tell whether an object of a file opens."""
        with self._lock:
            controller = self._controller(file)
        manifest = json.dumps(manifest_of(each.found), separators=(",", ":"))
        verdict = Verdict(
            place(stream, each.found)._replace(path=file.name),
            each.sealed.identity.scope.value,
            opens=True,
        )
        try:
            self._patience.ask(lambda: controller.verify(manifest.encode()))
        except ConflictError:
            verdict.opens = False
            verdict.reason = reason_in_cluster(controller.kubectl, each.sealed)
        return verdict

    def _controller(self, file: InputFile) -> Controller:
        source = self._certificates.controller_for(file.path)
        if source not in self._controllers:
            names = (source.controller_name, source.controller_namespace)
            self._controllers[source] = Controller(Kubectl(source.context), *names)
        return self._controllers[source]


def verify_file(file: InputFile, judge: Judge) -> Verified:
    """Ask whether the SealedSecrets of a file open; what is wrong is returned.

    Args:
        file: The file.
        judge: Knows.
    """
    verdicts: list[Verdict] = []
    faults: list[SealerError] = []
    try:
        surveyed, every = find_sealed_secrets(file.read(), lenient=not file.is_named)
    except SealerError as error:
        fill_in(error, file.name)
        return Verified(file, faults=tuple(flatten(error)))
    for each in every:
        try:
            with placed(surveyed.stream, each.found):
                verdicts.append(judge.judge(file, surveyed.stream, each))
        except SealerError as error:
            where = place(surveyed.stream, each.found)._replace(path=file.name)
            verdicts.append(Verdict(where, each.sealed.identity.scope.value, None))
            fill_in(error, file.name)
            faults += (about_object(fault, where) for fault in flatten(error))
    return Verified(file, tuple(verdicts), tuple(faults))


@dataclass(slots=True)
class Explainer:
    """Finds out where the items that do not open were sealed for.

    Attributes:
        keyring: The private keys.
        neighbours: The objects of all files that were looked at.
    """

    keyring: Keyring
    neighbours: Neighbours = field(default_factory=Neighbours)

    def see(self, verdicts: Iterable[Verdict]) -> None:
        """Note the names and namespaces of objects."""
        for verdict in verdicts:
            where = verdict.where
            self.neighbours.add(namespace=where.namespace, name=where.name)

    def explain(self, verdicts: Iterable[Verdict]) -> None:
        """Write down why the items that do not open do not."""
        failed = [verdict for verdict in verdicts if verdict.sealed is not None]
        for verdict in failed:
            path = PurePath(verdict.where.path)
            for folder in reversed(path.parts[:-1][-_FOLDERS:]):
                self.neighbours.add(namespace=folder, name=folder)
            self.neighbours.add(name=path.stem)
        search = Search(self.keyring, self.neighbours)
        for verdict in failed:
            _explain(verdict, search)


def _explain(verdict: Verdict, search: Search) -> None:
    sealed = verdict.sealed
    if sealed is None:
        return
    texts = sealed_texts(sealed)
    for item in verdict.items:
        if item.fault is not None:
            item.explanation = search.explain(sealed, texts.get(item.key, ""), item.fault)
    verdict.sealed = None


def _item(key: str, result: Opened | SealerError, where: Where) -> Item:
    if isinstance(result, Opened):
        return Item(key, where, opened_by=result.key)
    return Item(key, where, fault=result)


def _template_faults(
    file: InputFile,
    stream: Stream,
    each: PlacedSealedSecret,
    results: Mapping[str, Opened | SealerError],
) -> Iterator[Item]:
    """Yield the entries of `spec.template.data` that cannot be rendered over the opened items."""
    template = each.sealed.template.data
    opened = {key: one.plaintext for key, one in results.items() if isinstance(one, Opened)}
    if not template or len(opened) < len(results) or each.sealed.legacy_data is not None:
        return
    for entry, error in render(template, opened).faults.items():
        path = ("spec", "template", "data", entry)
        where = place(stream, each.found, path)._replace(path=file.name, item=entry)
        yield Item(entry, where, fault=error)


def _place_of_item(file: InputFile, stream: Stream, each: PlacedSealedSecret, key: str) -> Where:
    path = ("spec", "encryptedData", key) if key else ("spec", "data")
    return place(stream, each.found, path)._replace(path=file.name, item=key)
