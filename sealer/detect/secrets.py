"""Detectors: what stands readable in a Secret that was parsed."""

import re
from collections.abc import Iterator

from sealer.detect.certificates import is_public
from sealer.detect.objects import (
    SECRET,
    SOPS_SECRET,
    KubeObject,
    entries,
    key_of,
    text_of,
)
from sealer.detect.rules import (
    PUBLIC_CERTIFICATE,
    READABLE_VALUE,
    SEALING_KEY,
    UNENCRYPTED_SOPS_SECRET,
    Rule,
)
from sealer.detect.sections import Readable, readable_values
from sealer.detect.sighting import Sighting
from sealer.detect.values import Context, decoded
from sealer.documents import Mapping, Scalar

# The same as in `sealer.keysecret`, which takes cryptography along.
SEALING_KEY_LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"

# Argo CD's Vault plug-in replaces each `<key>` in an object that names a path to look it up under.
_VAULT_PATH = "avp.kubernetes.io/path"
_VAULT_KEY = re.compile(r"<[^<>\r\n]+>")
_SHORTEST_OF_DRONE = 12 + 16
_SOPS_TEMPLATES = ("secretTemplates", "secret_templates")


def values_of_secrets(found: KubeObject, context: Context) -> Iterator[Sighting]:
    """Report each value under `data` and `stringData` that can be read."""
    if found.kind != SECRET or _is_of_another_tool(found):
        return
    rule = SEALING_KEY if _is_sealing_key(found) else READABLE_VALUE
    body = ("data",) if _is_generator(found) else ()
    readable = [*_in_sections(found, context, rule, *body)]
    if readable and found.sections("metadata", "annotations", _VAULT_PATH):
        readable = [each for each in readable if not _is_made_of_vault_keys(each.text)]
    is_certificate = all(is_public(each.text) for each in readable)
    for each in readable:
        yield each.sighting._replace(rule=PUBLIC_CERTIFICATE) if is_certificate else each.sighting


def values_of_sops_secrets(found: KubeObject, context: Context) -> Iterator[Sighting]:
    """Report each value of a SopsSecret that SOPS has not encrypted.

    One operator has the values of several Secrets in templates, another those of one in `spec`.
    """
    if found.kind == SOPS_SECRET:
        for names in (("spec",), *(("spec", templates) for templates in _SOPS_TEMPLATES)):
            for each in _in_sections(found, context, UNENCRYPTED_SOPS_SECRET, *names):
                yield each.sighting


def _in_sections(
    found: KubeObject, context: Context, rule: Rule, *names: str
) -> Iterator[Readable]:
    for field in ("data", "stringData"):
        yield from readable_values(found, context, rule, *names, field, is_base64=field == "data")


def _is_made_of_vault_keys(text: str) -> bool:
    from sealer.detect.actions import has_words  # noqa: PLC0415 - rarely needed

    return _VAULT_KEY.search(text) is not None and not has_words(_VAULT_KEY.sub("", text))


def _is_generator(found: KubeObject) -> bool:
    """Tell whether this names a Secret to make, and holds its manifest under `data`.

    Kyverno's `generate` rules do: the name stands beside the kind, and `data` has fields of its
    own.
    """
    if found.sections("metadata") or not found.sections("name"):
        return False
    fields = ("metadata", "data", "stringData")
    return any(
        isinstance(value, Mapping) for name in fields for value, _ in found.sections("data", name)
    )


def _is_of_another_tool(found: KubeObject) -> bool:
    """Tell whether this has one text for `data` and nothing else that only a Secret would have.

    Under a key of something else these are fields that happen to be called so, as in a table of
    translations. As a document, it is Drone's `kind: secret`: its value is encrypted by Drone.
    """
    data = found.sections("data")
    if (
        not data
        or not all(isinstance(value, Scalar) for value, _ in data)
        or any(found.sections(name) for name in ("apiVersion", "metadata", "stringData"))
    ):
        return False
    if found.path is not None and isinstance(found.path[0], str):
        return True
    is_named = any(isinstance(value, Scalar) for value, _ in found.sections("name"))
    is_drone = is_named and any(text_of(value) == SECRET for value, _ in found.sections("kind"))
    return is_drone and all(_is_encrypted_by_drone(text_of(value)) for value, _ in data)


def _is_encrypted_by_drone(text: str) -> bool:
    """Tell whether this can be what Drone writes: base64 of a nonce, a text and its tag.

    Source: AES-256-GCM, whose nonce has 12 bytes and whose tag has 16.
    """
    data = decoded(text)
    return data is not None and len(data) >= _SHORTEST_OF_DRONE and not _is_text(data)


def _is_text(data: bytes) -> bool:
    try:
        return data.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _is_sealing_key(found: KubeObject) -> bool:
    return any(
        key_of(key) == SEALING_KEY_LABEL
        for labels, _ in found.sections("metadata", "labels")
        if isinstance(labels, Mapping)
        for key, _value in entries(labels)
    )
