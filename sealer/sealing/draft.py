"""A SealedSecret as people edit it: as a Secret whose values are not shown."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sealer.documents.edit import Change, Drop, Put
from sealer.documents.emit import emit_yaml
from sealer.documents.quoting import quoted
from sealer.errors import ManifestError
from sealer.manifest import Found, SealedSecret, Secret, read_secret
from sealer.manifest.fields import FieldError, FieldReader, Path
from sealer.manifest.places import placed
from sealer.manifest.secret import API_VERSION, KIND, KNOWN_FIELDS
from sealer.scope import SCOPE_ANNOTATIONS, Scope
from sealer.sealing.checks import check_items, type_demand
from sealer.sealing.copies import copying_annotations
from sealer.sealing.stream import SECRET, ReadableStream, find_secrets
from sealer.sealing.survey import manifest_of, survey
from sealer.sealing.validation import MAXIMUM_DATA_SIZE, missing_items
from sealer.sensitive import SecretBytes

SEALED = "‹sealed›"  # noqa: RUF001 - no value looks so by chance
_TEMPLATE = ("spec", "template")
_METADATA_FIELDS = frozenset(("name", "namespace", "labels", "annotations"))
_INTRODUCTION = f"""\
# {SEALED} stands for a value that only the cluster can open. Leave it, and the value stays as it
# is; put a new value in its place, and that is sealed. Add and remove items as you like. Values
# are YAML strings: put them in quotes where in doubt. Base64 goes into a section `data:`.
# Comments are not kept. An empty file changes nothing.
"""
# Shows that the text was saved to its end: without it, a text cut off between two lines would look
# like one that items were removed from.
_END = "# The end. Leave this line: it shows that the text was saved as a whole.\n"


@dataclass(frozen=True, slots=True)
class Draft:
    """What people made of a SealedSecret.

    Attributes:
        values: New values by item key.
        removed: Item keys that are gone.
        renamed: New item keys by the old ones.
        others: Changes of other fields.
    """

    values: Mapping[str, SecretBytes] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    others: tuple[Change, ...] = ()


def show_sealed(sealed: SealedSecret) -> str:
    """Return a SealedSecret as the text of a Secret to edit."""
    template = sealed.template
    metadata = {
        "name": sealed.name,
        "namespace": sealed.namespace,
        "labels": dict(template.labels),
        "annotations": dict(template.annotations),
    }
    head: dict[str, object] = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {key: value for key, value in metadata.items() if value},
    }
    if template.type:
        head["type"] = template.type
    if template.immutable is not None:
        head["immutable"] = template.immutable
    items = "".join(f"  {quoted(key)}: {SEALED}\n" for key in sealed.encrypted_data)
    body = f"stringData:\n{items}" if items else _NO_ITEMS
    return _INTRODUCTION + emit_yaml(head) + body + _END


def show_new(name: str, namespace: str, scope: Scope) -> str:
    """Return the text of a Secret to begin with."""
    metadata = {"name": name, "namespace": namespace, "annotations": scope.annotations}
    head = {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {key: value for key, value in metadata.items() if value or key == "namespace"},
        "type": "Opaque",
    }
    return _NEW_INTRODUCTION + emit_yaml(head) + _NO_ITEMS + _END


_NO_ITEMS = "stringData:\n  # key: value\n"
_NEW_INTRODUCTION = """\
# A new Secret: what you save is sealed before it is written. Values are YAML strings: put them in
# quotes where in doubt. Base64 goes into a section `data:`. Comments are not kept. An empty or
# unchanged file writes nothing.
"""


def read_draft(data: bytes, shown: SealedSecret, current: SealedSecret) -> Draft:
    """Return what people want changed.

    Args:
        data: The text that they saved.
        shown: The object that they were shown.
        current: The object as it is now: the same, or what others made of it meanwhile.

    Raises:
        InputError: The text cannot be used.
        ManyErrors: There are several faults.
    """
    surveyed = survey(data, SECRET)
    drafts = surveyed.read(lambda found: _read(found, shown, current))
    if len(drafts) != 1 or surveyed.others:
        raise _not_one()
    return drafts[0]


def _read(found: Found, shown: SealedSecret, current: SealedSecret) -> Draft:
    manifest = manifest_of(found)
    secret = read_secret(manifest)
    reader = FieldReader(manifest)
    kept = _kept(reader)
    _check_fields(reader)
    _check_place(reader, secret, shown)
    renamed = _renamed(reader, kept, secret.data, shown, current)
    values = {key: value for key, value in secret.data.items() if key not in kept}
    _check_values(reader, secret, shown, values)
    _check_type(reader, secret, shown, values)
    reader.check()
    gone = shown.encrypted_data.keys() - secret.data.keys() - renamed.keys()
    removed = tuple(sorted(gone & current.encrypted_data.keys()))
    return Draft(values, removed, renamed, tuple(_other_changes(secret, shown, current)))


def read_new(data: bytes) -> ReadableStream:
    """Return the one Secret that people wrote into a new file.

    Raises:
        InputError: The text cannot be used.
        ManyErrors: There are several faults.
    """
    readable = find_secrets(data)
    if len(readable.secrets) != 1 or readable.survey.others:
        raise _not_one()
    found = readable.secrets[0].found
    reader = FieldReader(manifest_of(found))
    for key in _kept(reader):
        reader.refuse(f"{key} has no sealed value that could stay", "stringData", key)
    with placed(readable.survey.stream, found):
        reader.check()
    return readable


def _kept(reader: FieldReader) -> list[str]:
    """Return the items that are said to stay as they are."""
    texts = reader.texts("stringData")
    for key, text in texts.items():
        if text != SEALED and (SEALED[0] in text or SEALED[-1] in text):
            reader.refuse(
                f"the value of {key} holds a part of {SEALED}",
                *("stringData", key),
                hint="if it is meant, write the value in base64 under data:",
            )
    return [key for key, text in texts.items() if text == SEALED]


def _not_one() -> ManifestError:
    return ManifestError("there must be one Secret, and nothing else")


def _check_fields(reader: FieldReader) -> None:
    for key in reader.mapping().keys() - KNOWN_FIELDS:
        reader.refuse(f"a Secret has no field {key}", key)
    for key in reader.mapping("metadata").keys() - _METADATA_FIELDS:
        reader.refuse(
            f"metadata.{key} cannot be edited here",
            *("metadata", key),
            hint="change it in the file itself",
        )


def _check_place(reader: FieldReader, secret: Secret, shown: SealedSecret) -> None:
    """Refuse changes that would leave values behind that were sealed for somewhere else."""
    for part, new, old in (
        ("name", secret.name, shown.name),
        ("namespace", secret.namespace, shown.namespace),
    ):
        if new != old:
            reader.refuse(
                f"the {part} cannot be changed from {old!r}: values are sealed for it",
                *("metadata", part),
                hint="seal anew under the new one: sealer unseal --keys KEYS, then sealer seal",
            )
    old_annotations = shown.template.annotations
    for key in SCOPE_ANNOTATIONS:
        if secret.annotations.get(key) != old_annotations.get(key):
            reader.refuse(
                "the scope cannot be changed: values are sealed for it",
                *("metadata", "annotations", key),
                hint="seal anew: sealer unseal --keys KEYS, then sealer seal --scope SCOPE",
            )
    if secret.immutable != shown.template.immutable:
        reader.refuse(
            "immutable cannot be edited here",
            "immutable",
            hint="change spec.template.immutable in the file itself",
        )


def _renamed(
    reader: FieldReader,
    kept: Collection[str],
    items: Collection[str],
    shown: SealedSecret,
    current: SealedSecret,
) -> dict[str, str]:
    """Return the renaming that is meant where an unknown item is said to stay sealed."""
    unknown = sorted(set(kept) - current.encrypted_data.keys())
    missing = sorted((shown.encrypted_data.keys() & current.encrypted_data.keys()) - set(items))
    if len(unknown) == len(missing) == 1:
        return {missing[0]: unknown[0]}
    for key in unknown:
        candidates = " or ".join(missing)
        reader.refuse(
            f"{key} has no sealed value that could stay"
            + (f", and it is not clear whether it was {candidates}" if missing else ""),
            *("stringData", key),
            hint="rename one item at a time, or use sealer rename"
            if missing
            else "give it a value",
        )
    return {}


def _check_values(
    reader: FieldReader, secret: Secret, shown: SealedSecret, values: Mapping[str, SecretBytes]
) -> None:
    if sum(map(len, values.values())) > MAXIMUM_DATA_SIZE:
        reader.refuse(f"the values have more than {MAXIMUM_DATA_SIZE} bytes together", "stringData")
    old = shown.template.annotations
    new = {key: text for key, text in secret.annotations.items() if old.get(key) != text}
    for key in copying_annotations(new, values):
        reader.refuse(
            f"annotation {key} holds a copy of a value",
            *("metadata", "annotations", key),
            hint="leave it out: annotations are not sealed",
        )


def _check_type(
    reader: FieldReader, secret: Secret, shown: SealedSecret, values: Mapping[str, SecretBytes]
) -> None:
    """Refuse what sealing would: a new lack of items that the type demands, and bad new ones."""
    template = shown.template
    had = missing_items(template.type, {*shown.encrypted_data, *template.data})
    missing = missing_items(secret.type, {*secret.data, *template.data})
    if set(missing) - set(had):
        reader.refuse(
            type_demand(secret.type, missing), "type", hint="add them, or take another type"
        )
    if values or secret.type != template.type:
        try:
            check_items(replace(secret, data=values))
        except FieldError as error:
            reader.refuse(error.message, *error.path, hint=error.hint)


def _other_changes(secret: Secret, shown: SealedSecret, current: SealedSecret) -> Iterator[Change]:
    before, now = shown.template, current.template
    metadata = (*_TEMPLATE, "metadata")
    labels, annotations = (*metadata, "labels"), (*metadata, "annotations")
    yield from _changes(labels, before.labels, secret.labels, now.labels)
    yield from _changes(annotations, before.annotations, secret.annotations, now.annotations)
    types = [{"type": each} if each else {} for each in (before.type, secret.type, now.type)]
    yield from _changes(_TEMPLATE, *types)


def _changes(
    path: Path, before: Mapping[str, str], after: Mapping[str, str], now: Mapping[str, str]
) -> Iterator[Change]:
    for key, text in after.items():
        if before.get(key) != text:
            yield Put((*path, key), text)
    for key in before:
        if key not in after and key in now:
            yield Drop((*path, key))
