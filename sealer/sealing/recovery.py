"""A file of manifests is unsealed: its SealedSecrets are replaced by readable Secrets.

For recovery, with the private keys at hand. Everything else in the file passes byte for byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sealer.documents import Stream
from sealer.errors import NoMatchingKeyError, SealerError, TemplateError, UnsealError
from sealer.faults import Faults
from sealer.manifest import Found, SealedSecret, Secret, read_sealed_secret, sealedsecret
from sealer.manifest.fields import FieldError
from sealer.manifest.places import place
from sealer.sealing.splice import Form, Replacement, replace_objects
from sealer.sealing.survey import Survey, Wanted, manifest_of, survey
from sealer.sealing.unseal import UnsealOptions, unseal_secret
from sealer_keys.keyring import Keyring

SEALED_SECRET = Wanted(sealedsecret.API_VERSION, sealedsecret.KIND)


@dataclass(frozen=True, slots=True)
class RecoveryOptions:
    """How a file is unsealed.

    Attributes:
        unseal: How each SealedSecret is opened.
        form: How whole documents are written.
        lenient: The file was found in a folder and may be anything.
    """

    unseal: UnsealOptions | None = None
    form: Form = Form.YAML
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class UnsealedStream:
    """A file, unsealed.

    Attributes:
        data: The new file, readable by anyone: handle with care.
        count: How many SealedSecrets it held.
        others: The kinds of the objects that were passed through.
    """

    data: bytes
    count: int = 0
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedSealedSecret:
    """A SealedSecret of a file.

    Attributes:
        found: Where it stands.
        sealed: What it says.
    """

    found: Found
    sealed: SealedSecret


def find_sealed_secrets(
    data: bytes, *, lenient: bool = False, nameless: bool = False
) -> tuple[Survey, list[PlacedSealedSecret]]:
    """Return what a file holds, and its SealedSecrets.

    Args:
        data: The file.
        lenient: It was found in a folder and may be anything.
        nameless: Take objects without a name, as the original does.

    Raises:
        InputError: The file cannot be used.
        ManyErrors: There are several faults.
    """

    def read(found: Found) -> PlacedSealedSecret:
        manifest = manifest_of(found)
        sealed = read_sealed_secret(manifest) if nameless else read_named(manifest)
        return PlacedSealedSecret(found, sealed)

    surveyed = survey(data, SEALED_SECRET, lenient=lenient)
    return surveyed, surveyed.read(read)


def read_named(manifest: object) -> SealedSecret:
    """Read a SealedSecret that can exist: the namespace may come from elsewhere, the name cannot.

    Raises:
        FieldError: A field cannot be used, or the object has no name.
        ManyErrors: Several fields cannot be used.
    """
    sealed = read_sealed_secret(manifest)
    if not sealed.name:
        raise FieldError("the object has no name", ("metadata",), hint="write metadata.name")
    return sealed


def unseal_stream(
    data: bytes, keyring: Keyring, options: RecoveryOptions | None = None
) -> UnsealedStream:
    """Unseal every SealedSecret of a file. The Secrets have no owner references.

    Raises:
        InputError: The file cannot be used.
        UnsealError: An item does not open; its place, and which keys were tried, are told.
        ManyErrors: There are several faults.
    """
    options = options or RecoveryOptions()
    surveyed, sealed = find_sealed_secrets(data, lenient=options.lenient)
    if not surveyed.is_manifest:
        return UnsealedStream(data)
    replacements: list[Replacement] = []
    faults = Faults()
    for each in sealed:
        try:
            secret = unseal_secret(each.sealed, keyring, options.unseal).secret
        except UnsealError as error:
            for fault in item_faults(surveyed.stream, each.found, error):
                faults.add(fault)
        else:
            replacements.append(Replacement(each.found, _manifest(secret)))
    faults.check()
    new = replace_objects(surveyed.stream, replacements, options.form)
    return UnsealedStream(new, len(sealed), surveyed.others)


def _manifest(secret: Secret) -> dict[str, object]:
    # The SealedSecret that would own it need not exist, and the API server refuses an empty uid.
    return replace(secret, owner_references=()).to_object()


def item_faults(stream: Stream, found: Found, error: UnsealError) -> Iterator[UnsealError]:
    """Yield what is wrong with each item as an error of its own, with its place."""
    if not error.faults:
        yield UnsealError(error.message, where=place(stream, found), hint=error.hint)
    for item, fault in sorted(error.faults.items()):
        where = place(stream, found, _path(item, fault))._replace(item=item)
        yield UnsealError(fault.message, where=where, hint=_hint(fault))


def _path(item: str, fault: SealerError) -> tuple[str, ...]:
    if isinstance(fault, TemplateError):
        return ("spec", "template", "data", item)
    return ("spec", "encryptedData", item) if item else ("spec", "data")


def _hint(fault: SealerError) -> str:
    if not isinstance(fault, NoMatchingKeyError) or not fault.tried:
        return fault.hint
    return f"tried {', '.join(fault.tried)}; {fault.hint}"
