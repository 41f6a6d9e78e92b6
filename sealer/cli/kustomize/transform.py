"""A SealedSecretTransformer: the Secrets of a build are sealed, everything else stays as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sealer.cli.kustomize.sealing import Sealing
from sealer.faults import Faults
from sealer.manifest import Found, SealedSecret
from sealer.manifest.fields import FieldReader
from sealer.manifest.secret import API_VERSION, KIND
from sealer.scope import Scope
from sealer.sealing.splice import Replacement
from sealer.sealing.stream import checked_secret
from sealer.sealing.survey import manifest_of

_FIELDS = ("apiVersion", "kind", "metadata", "scope", "argsOneLiner", "argsFromFile")
# What kustomize notes on an object during a build, and takes off at the end.
_NOTES = (
    "internal.config.kubernetes.io/",
    "kustomize.config.k8s.io/",
    "config.kubernetes.io/",
    "config.k8s.io/",
)
# A name is part of what is sealed, so that no hash may be put behind it afterwards.
_DROPPED = (
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/generatorBehavior",
)
_KINDS = "internal.config.kubernetes.io/previousKinds"


def read_transformer(config: Mapping[str, object]) -> Scope | None:
    """Return the scope to seal in; None for what each Secret's annotations say.

    Raises:
        FieldError: A field cannot be used, or is unknown.
        IdentityError: There is no such scope.
        ManyErrors: There are several faults.
    """
    fields = FieldReader(config)
    for name in (name for name in fields.mapping() if name not in _FIELDS):
        message = f"a SealedSecretTransformer has no field {name}"
        fields.refuse(message, name, hint="it has scope")
    scope = fields.text("scope")
    fields.check()
    return Scope.parse(scope) if scope else None


def transform(objects: Sequence[Found], scope: Scope | None, sealing: Sealing) -> list[Replacement]:
    """Return the Secrets of a build, sealed.

    Raises:
        InputError: A Secret cannot be sealed.
        ManyErrors: There are several faults.
        SealerError: The certificate cannot be used.
    """
    replacements: list[Replacement] = []
    faults = Faults()
    for found in objects:
        if (found.api_version, found.kind) == (API_VERSION, KIND):
            with faults.collected():
                replacements.append(Replacement(found, _sealed(found, scope, sealing)))
    faults.check()
    return replacements


def _sealed(found: Found, scope: Scope | None, sealing: Sealing) -> dict[str, object]:
    manifest = manifest_of(found)
    secret = checked_secret(manifest)
    notes = {k: text for k, text in secret.annotations.items() if k.startswith(_NOTES)}
    own = {k: text for k, text in secret.annotations.items() if k not in notes}
    sealed = sealing.seal(replace(secret, annotations=own), scope)
    return _noted(sealed, notes).to_object()


def _noted(sealed: SealedSecret, notes: Mapping[str, str]) -> SealedSecret:
    """Return a SealedSecret that kustomize takes for the Secret it was."""
    kept = {key: text for key, text in notes.items() if key not in _DROPPED}
    if _KINDS in kept:
        kept[_KINDS] = ",".join("SealedSecret" for _ in kept[_KINDS].split(","))
    return replace(sealed, annotations={**sealed.annotations, **kept})
