"""One SealedSecret of a file is chosen, amended where it stands, and written back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sealer.cli.console import Console
from sealer.cli.editing.select import Selected, select_sealed_secret
from sealer.cli.errors import WrongUsageError
from sealer.cli.files.inputs import STANDARD_INPUT, read_input
from sealer.cli.files.output import Outputs
from sealer.cli.report import about
from sealer.cli.sealing.digests import Digests
from sealer.documents.edit import Put
from sealer.errors import InputError, ManifestError, ManyErrors
from sealer.manifest import SealedSecret
from sealer.scope import Scope
from sealer.sealing.advice import SHORT_VALUE, Notice, size_warnings
from sealer.sealing.amend import ITEMS, Amendment, amend
from sealer.sealing.checks import type_demand
from sealer.sealing.mentions import mentions
from sealer.sealing.validation import missing_items

if TYPE_CHECKING:
    from sealer.sensitive import SecretBytes
    from sealer_keys.certificate import Certificate

_TYPE = ("spec", "template", "type")
_TEMPLATES = ("spec", "template", "data")


def open_sealed_secret(path: str, *, namespace: str, name: str) -> Selected:
    """Return the SealedSecret of a file that is to be amended.

    Raises:
        InputError: The file cannot be used, holds no such object, or the object cannot be amended.
        WrongUsageError: The file holds several, or is standard input.
    """
    if path == STANDARD_INPUT:
        raise WrongUsageError("a file is changed where it is, and standard input has no place")
    selected = select_sealed_secret(path, read_input(path), namespace=namespace, name=name)
    if selected.sealed.legacy_data is not None:
        raise ManifestError(
            "the object has spec.data, the format before 2019, which seals all items as one",
            where=selected.where(("spec", "data")),
            hint="seal it anew: sealer unseal --keys KEYS FILE | sealer seal -",
        )
    return selected


def check_items(selected: Selected, keys: tuple[str, ...]) -> None:
    """Refuse items that are not there.

    Raises:
        InputError: One is missing; the hint names those that are there.
        ManyErrors: Several are.
    """
    there = selected.sealed.encrypted_data
    faults = [
        InputError(
            f"there is no item {key}",
            where=selected.where(ITEMS)._replace(item=""),
            hint=f"there are: {', '.join(sorted(there))}" if there else "there are none",
        )
        for key in dict.fromkeys(keys)
        if key not in there
    ]
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise ManyErrors(faults)


@dataclass(frozen=True, slots=True)
class ItemSealer:
    """Seals items for the place of an object; unchanged values keep their ciphertext.

    Attributes:
        certificate: What to seal with.
        digests: What is known of earlier runs.
        is_fresh: Seal unchanged values anew too.
        console: Where to say what is worth knowing.
    """

    certificate: "Certificate"
    digests: Digests
    is_fresh: bool
    console: Console

    def seal(self, selected: Selected, values: "Mapping[str, SecretBytes]") -> dict[str, str]:
        """Return the new sealed texts, of those items whose values are not known to be the same.

        Raises:
            ManifestError: The object has no namespace or name that its values could be sealed for.
        """
        from sealer.envelope import seal_value
        from sealer.manifest.places import placed

        identity = selected.sealed.identity
        if identity.scope is not Scope.CLUSTER_WIDE and not identity.namespace:
            raise ManifestError(
                "the object has no namespace, and its values are sealed for one",
                where=selected.where(("metadata",)),
                hint="write metadata.namespace into the file",
            )
        key = self.certificate.fingerprint
        texts: dict[str, str] = {}
        with about(selected.path), placed(selected.stream, selected.placed.found):
            for item, value in sorted(values.items()):
                old = None if self.is_fresh else selected.sealed.encrypted_data.get(item)
                if old is not None and self.digests.keeps(identity, item, key, old, value):
                    continue
                texts[item] = seal_value(value, self.certificate.public_key, identity)
                self.digests.remember(identity, item, key, texts[item], value)
                if len(value) < SHORT_VALUE:
                    message = f"the value of {item} has fewer than {SHORT_VALUE} bytes, and sealing"
                    self.console.remark(f"{message} shows how many")
        return texts


def write_amended(selected: Selected, amendment: Amendment, console: Console) -> bool:
    """Change the object in its file, and say what people should know of the result.

    Returns:
        Whether anything changed.

    Raises:
        UnsafeEditError: It cannot be done without touching something else.
        OutputError: The file cannot be written, or was changed meanwhile.
    """
    with about(selected.path):
        data = amend(selected.stream, [amendment])
    if data == selected.data:
        return False
    with Outputs(console=console) as outputs:
        outputs.write(Path(selected.path), data, expected=selected.data)
        outputs.commit()
    for notice in _advice(selected, amendment):
        console.warn(notice.message, where=notice.where, hint=notice.hint)
    return True


def _advice(selected: Selected, amendment: Amendment) -> Iterator[Notice]:
    before = selected.sealed
    after = _amended(before, amendment)
    yield from size_warnings(after, selected.where())
    where = selected.where(ITEMS)._replace(item="")
    if not after.encrypted_data:
        yield Notice("the object has no item left", where, "remove the file if it is done with")
    kind = _type_after(before, amendment)
    lacking = missing_items(kind, {*after.encrypted_data, *after.template.data})
    if lacking:
        message = type_demand(kind, lacking)
        yield Notice(message, where, "the cluster will refuse the Secret without")
    if before.template.immutable and after.encrypted_data != before.encrypted_data:
        yield Notice(
            "the Secret is immutable: a cluster that has it already refuses the new values",
            where,
            "delete the Secret there, or give the new one another name",
        )
    for item in (*amendment.removed, *amendment.renamed):
        for entry in mentions(before.template.data, item):
            where = selected.where((*_TEMPLATES, entry))
            yield Notice(f"the template {entry} speaks of {item}, which is gone", where)


def _type_after(sealed: SealedSecret, amendment: Amendment) -> str:
    """Return the type of the Secret, which may be among the fields that were changed."""
    for change in amendment.others:
        if change.path == _TYPE:
            return change.value if isinstance(change, Put) else ""
    return sealed.template.type


def _amended(sealed: SealedSecret, amendment: Amendment) -> SealedSecret:
    gone = {*amendment.removed, *amendment.renamed}
    kept = {item: text for item, text in sealed.encrypted_data.items() if item not in gone}
    moved = {new: sealed.encrypted_data[old] for old, new in amendment.renamed.items()}
    return replace(sealed, encrypted_data={**kept, **moved, **amendment.values})
