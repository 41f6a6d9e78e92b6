"""Items of Secrets go into a SealedSecret in a file: `--merge-into`.

They are sealed for that object, in its own scope. Everything else in the file stays as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sealer.cli.kubeseal.errors import RequestError
from sealer.cli.kubeseal.files import read_file, write_file
from sealer.cli.kubeseal.modes.seal import NOTHING, Sealing, seal_objects
from sealer.cli.kubeseal.objects import Objects
from sealer.cli.kubeseal.secrets import check_kind, read_loosely
from sealer.cli.kubeseal.session import Session
from sealer.cli.report import about
from sealer.documents import Stream
from sealer.documents.edit import Put
from sealer.errors import InputError, Where
from sealer.manifest import SealedSecret, Template
from sealer.scope import Scope
from sealer.sealing import SealOptions
from sealer.sealing.amend import Amendment, amend
from sealer.sealing.recovery import PlacedSealedSecret, find_sealed_secrets

_TEMPLATE = ("spec", "template", "metadata")


def run(session: Session) -> None:
    """Seal the input and merge it into the file.

    Raises:
        SealerError: The file, a Secret or the certificate cannot be used.
    """
    settings, certificate = session.settings, session.certificate
    data = read_file(settings.merge_into)
    objects = session.read_objects(check_kind, NOTHING)
    with about(settings.merge_into):
        survey, every = find_sealed_secrets(data, nameless=True)
        target = _target(settings.merge_into, every, objects)
    _check_scope(session, objects, target.sealed)
    options = SealOptions(
        target.sealed.identity.scope,
        target.sealed.name,
        settings.access.namespace,
        allow_empty=settings.allows_empty,
    )
    namespace = target.sealed.namespace
    sealing = Sealing(certificate, options, lambda secret: replace(secret, namespace=namespace))
    sealed = seal_objects(objects, sealing, session)
    amendment = Amendment(
        target,
        _items(sealed),
        certificate.fingerprint,
        others=tuple(_metadata(sealed, target.sealed.template)),
    )
    write_file(
        settings.merge_into, _amended(survey.stream, amendment, settings.merge_into), expected=data
    )


def _target(name: str, every: list[PlacedSealedSecret], objects: Objects) -> PlacedSealedSecret:
    """Return the SealedSecret to merge into: the only one, or the one that is called like a Secret.

    Raises:
        InputError: There is none, or it is not clear which.
    """
    if len(every) == 1:
        return every[0]
    if not every:
        raise InputError("the file holds no SealedSecret", where=Where(path=name))
    secrets = [read_loosely(found) for found in objects.found]
    names = {(secret.name, secret.namespace or None) for secret in secrets}
    alike = [
        one
        for one in every
        if (one.sealed.name, one.sealed.namespace) in names or (one.sealed.name, None) in names
    ]
    if len(alike) != 1:
        listed = ", ".join(f"{one.sealed.namespace}/{one.sealed.name}" for one in every)
        raise InputError(
            f"the file holds {len(every)} SealedSecrets: {listed}",
            where=Where(path=name),
            hint="give the Secret the name and namespace of the one that is meant",
        )
    return alike[0]


def _check_scope(session: Session, objects: Objects, target: SealedSecret) -> None:
    """Refuse another scope than that of the file, in which nothing would open."""
    scope = target.identity.scope
    asked = session.settings.scope
    if asked not in (Scope.STRICT, scope):  # strict cannot be told from nothing
        raise RequestError(
            f"--scope {asked.value} contradicts {session.settings.merge_into}, "
            f"whose scope is {scope.value}",
            hint="leave --scope out: values are sealed in the scope of the file",
        )
    for found in objects.found:
        with objects.placed(found):
            own = Scope.of(read_loosely(found).annotations)
        if own not in (Scope.STRICT, scope):
            session.console.warn(
                f"the annotation for scope {own.value} is left out: the file's scope is "
                f"{scope.value}"
            )


def _items(sealed: list[SealedSecret]) -> dict[str, str]:
    """Return all new items.

    Raises:
        RequestError: Two Secrets have an item of one name.
    """
    items: dict[str, str] = {}
    for one in sealed:
        twice = sorted(items.keys() & one.encrypted_data.keys())
        if twice:
            raise RequestError(f"several of the Secrets have an item {', '.join(twice)}")
        items |= one.encrypted_data
    return items


def _metadata(sealed: list[SealedSecret], before: Template) -> Iterator[Put]:
    """Yield what the Secrets' labels and annotations change in the template."""
    for one in sealed:
        yield from _entries("labels", one.template.labels, before.labels)
        yield from _entries("annotations", one.template.annotations, before.annotations)


def _entries(section: str, wanted: Mapping[str, str], before: Mapping[str, str]) -> Iterator[Put]:
    for key, text in sorted(wanted.items()):
        if before.get(key) != text:
            yield Put((*_TEMPLATE, section, key), text)


def _amended(stream: Stream, amendment: Amendment, name: str) -> bytes:
    with about(name):
        return amend(stream, [amendment])
