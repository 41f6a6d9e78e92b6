"""A file of manifests is sealed: its Secrets are replaced, the rest passes byte for byte."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from sealer.documents import Stream
from sealer.errors import SealerError, Where
from sealer.faults import Faults
from sealer.manifest import Found, SealedSecret, Secret, read_secret
from sealer.manifest import secret as secret_manifest
from sealer.manifest.fields import FieldError
from sealer.manifest.places import place, placed
from sealer.scope import check_name, check_namespace
from sealer.sealing.advice import (
    Notice,
    length_remarks,
    placeholder_warnings,
    secret_warnings,
    size_warnings,
)
from sealer.sealing.checks import check_secret_type
from sealer.sealing.comments import Span, leaking_comments, without_trace
from sealer.sealing.seal import Sealed, SealOptions, seal_secret
from sealer.sealing.splice import Form, Replacement, replace_objects
from sealer.sealing.spread import Spread
from sealer.sealing.survey import Survey, Wanted, manifest_of, survey
from sealer.sensitive import SecretBytes
from sealer_keys.certificate import Certificate

SECRET = Wanted(secret_manifest.API_VERSION, secret_manifest.KIND)


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """How a file is sealed.

    Attributes:
        seal: How each Secret is sealed.
        form: How whole documents are written. Items of a list keep the list's style.
        lenient: The file was found in a folder and may be anything.
        spread: Applies a function to every Secret.
    """

    seal: SealOptions = field(default_factory=SealOptions)
    form: Form = Form.YAML
    lenient: bool = False
    spread: Spread = map


@dataclass(frozen=True, slots=True)
class SealedStream:
    """A file, sealed.

    Attributes:
        data: The new file, in the encoding of the old one.
        sealed: The objects that were Secrets, in order.
        others: The kinds of the objects that were passed through.
        warnings: What people should know.
        remarks: What they may want to know.
    """

    data: bytes
    sealed: tuple[SealedSecret, ...] = ()
    others: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()
    remarks: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadableSecret:
    """A Secret of a file, read and checked.

    Attributes:
        found: Where it stands.
        secret: What it says.
    """

    found: Found
    secret: Secret


@dataclass(frozen=True, slots=True)
class ReadableStream:
    """A file that may hold Secrets, before it is sealed.

    Attributes:
        data: The file.
        survey: What it holds.
        secrets: Its Secrets.
    """

    data: bytes
    survey: Survey
    secrets: tuple[ReadableSecret, ...]


def find_secrets(
    data: bytes, *, lenient: bool = False, only: Collection[str] = ()
) -> ReadableStream:
    """Read a file and its Secrets, and check them as far as no certificate is needed.

    Args:
        data: The file.
        lenient: It was found in a folder and may be anything.
        only: The places of the Secrets that are meant, as `survey` takes them; nothing means all.

    Raises:
        InputError: The file or a Secret in it cannot be used.
        ManyErrors: There are several faults.
    """
    surveyed = survey(data, SECRET, lenient=lenient, only=only)
    return ReadableStream(data, surveyed, tuple(surveyed.read(_read)))


def seal_stream(
    data: bytes, certificate: Certificate, options: StreamOptions | None = None
) -> SealedStream:
    """Seal every Secret of a file.

    Comments inside a sealed document go; comments around it stay, unless they hold a copy of one
    of its values. A file without Secrets comes back as it is.

    Raises:
        InputError: The file or a Secret in it cannot be used.
        ManyErrors: There are several faults.
    """
    options = options or StreamOptions()
    return seal_found(find_secrets(data, lenient=options.lenient), certificate, options)


def seal_found(
    readable: ReadableStream, certificate: Certificate, options: StreamOptions
) -> SealedStream:
    """Seal the Secrets that were found in a file, as `seal_stream` does.

    Raises:
        InputError: A Secret cannot be sealed, or not without changing what is around it.
        ManyErrors: There are several faults.
    """
    secrets, others = readable.secrets, readable.survey.others
    if not secrets:
        return SealedStream(readable.data, others=others)
    stream = readable.survey.stream
    sealed, warnings = _seal_all(stream, secrets, certificate, options)
    leaks = list(leaking_comments(stream, _values(secrets)))
    replacements = [
        Replacement(one.found, result.to_object())
        for one, result in zip(secrets, sealed, strict=True)
    ]
    cuts = [without_trace(stream.source.text, comment) for comment in leaks]
    data = replace_objects(stream, replacements, options.form, cuts=cuts)
    warnings += (_leak_notice(stream, comment) for comment in leaks)
    remarks = (length_remarks(one.secret, stream, one.found) for one in secrets)
    return SealedStream(data, tuple(sealed), others, tuple(warnings), tuple(chain(*remarks)))


def checked_secret(manifest: Mapping[str, object]) -> Secret:
    """Read a Secret, and check it as far as no certificate is needed.

    Raises:
        FieldError: A field cannot be used; its path says which.
        ManyErrors: Several fields cannot be used.
    """
    if isinstance(manifest.get("sops"), dict):
        raise FieldError(
            "the Secret is encrypted with SOPS, and sealing would seal its ciphertext",
            ("sops",),
            hint="decrypt it first: sops decrypt FILE | sealer seal -",
        )
    secret = read_secret(manifest)
    check_secret_type(secret)
    return secret


def _read(found: Found) -> ReadableSecret:
    return ReadableSecret(found, checked_secret(manifest_of(found)))


def _seal_all(
    stream: Stream,
    secrets: Sequence[ReadableSecret],
    certificate: Certificate,
    options: StreamOptions,
) -> tuple[list[SealedSecret], list[Notice]]:
    def attempt(readable: ReadableSecret) -> Sealed | SealerError:
        try:
            with placed(stream, readable.found):
                sealed = seal_secret(readable.secret, certificate, options.seal)
                _check_identity(sealed.sealed_secret)
                return sealed
        except SealerError as error:
            return error

    results: list[SealedSecret] = []
    warnings: list[Notice] = []
    faults = Faults()
    for readable, sealed in zip(secrets, options.spread(attempt, secrets), strict=True):
        if isinstance(sealed, SealerError):
            faults.add(sealed)
        else:
            results.append(sealed.sealed_secret)
            warnings += _warnings(stream, readable, sealed)
    faults.check()
    return results, warnings


def _warnings(stream: Stream, readable: ReadableSecret, sealed: Sealed) -> Iterator[Notice]:
    found = readable.found
    about = place(stream, found, ("metadata", "annotations"))
    yield from (Notice(text, about._replace(item="")) for text in sealed.warnings)
    yield from secret_warnings(stream, found)
    yield from placeholder_warnings(readable.secret, stream, found)
    yield from size_warnings(sealed.sealed_secret, place(stream, found))


def _check_identity(sealed: SealedSecret) -> None:
    """Refuse names that no object can have, those that the scope does not bind as well."""
    check_name(sealed.name)
    if sealed.namespace:
        check_namespace(sealed.namespace)


def _values(secrets: Sequence[ReadableSecret]) -> dict[int, list[SecretBytes]]:
    """Return all values by the number of the document that holds them."""
    values: dict[int, list[SecretBytes]] = {}
    for readable in secrets:
        number = readable.found.document.number
        values.setdefault(number, []).extend(readable.secret.data.values())
    return values


def _leak_notice(stream: Stream, comment: Span) -> Notice:
    line, column = stream.source.position(comment[0])
    where = Where(line=line, column=column)
    return Notice("the comment holds a copy of a value and is taken out", where)
