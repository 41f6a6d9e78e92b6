"""A SealedSecretGenerator: a Secret from files and variables; its fields are those of kustomize."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sealer.cli.kustomize.root import Kustomization, checked_path
from sealer.cli.kustomize.sealing import Sealing
from sealer.cli.values.collect import Collected
from sealer.manifest import Secret
from sealer.manifest.fields import FieldError, FieldReader
from sealer.scope import Scope, check_name, check_namespace
from sealer.sealing.checks import check_secret_type

_FIELDS = ("files", "envs", "variables", "type", "scope", "options", "behavior")
_KUSTOMIZE_FIELDS = ("apiVersion", "kind", "metadata", "argsOneLiner", "argsFromFile")
_OPTIONS = ("labels", "annotations", "immutable", "disableNameSuffixHash")
_BEHAVIORS = ("", "create", "replace", "merge")
_BEHAVIOR = "kustomize.config.k8s.io/behavior"
# With these, kustomize puts the new name where the old one stands, if it is told where that is.
_PREVIOUS = "internal.config.kubernetes.io/previous"


@dataclass(frozen=True, slots=True)
class Generator:
    """What a configuration asks for.

    Attributes:
        secret: The Secret, still without items.
        scope: Where it will open.
        files: `[KEY=]PATH` of files.
        envs: Env files.
        variables: `KEY=VARIABLE` of environment variables.
        appends_hash: Its name gets a random ending.
        behavior: What kustomize does where the object exists: create, replace or merge.
    """

    secret: Secret
    scope: Scope
    files: tuple[str, ...]
    envs: tuple[str, ...]
    variables: tuple[str, ...]
    appends_hash: bool
    behavior: str


def read_generator(config: Mapping[str, object], kustomization: Kustomization) -> Generator:
    """Read a configuration.

    Raises:
        FieldError: A field cannot be used, or is unknown.
        IdentityError: Name, namespace or scope is not legal.
        ManifestError: Kustomize would move what was sealed.
        ManyErrors: There are several faults.
    """
    fields = FieldReader(config)
    _refuse_unknown(fields)
    scope = Scope.parse(fields.text("scope"))
    secret = Secret(
        fields.text("metadata", "namespace") or kustomization.namespace,
        fields.text("metadata", "name"),
        {},
        type=fields.text("type"),
        immutable=fields.flag("options", "immutable"),
        labels=fields.texts("options", "labels"),
        annotations=fields.texts("options", "annotations"),
    )
    files, envs, variables = (_texts(fields, name) for name in ("files", "envs", "variables"))
    wants_hash = fields.flag("options", "disableNameSuffixHash") is False
    behavior = fields.text("behavior")
    if behavior not in _BEHAVIORS:
        fields.refuse(f"behavior is one of {', '.join(_BEHAVIORS[1:])}", "behavior")
    if not secret.namespace and scope is not Scope.CLUSTER_WIDE:
        hint = "write metadata.namespace here, or namespace into the kustomization"
        fields.refuse(f"scope {scope.value} needs a namespace", "metadata", hint=hint)
    generator = Generator(secret, scope, files, envs, variables, wants_hash, behavior)
    fields.check()
    check_name(secret.name)
    if secret.namespace:
        check_namespace(secret.namespace)
    kustomization.check_identity(scope, secret.namespace)
    return generator


def generate(generator: Generator, sealing: Sealing) -> dict[str, object]:
    """Read the values, and return the Secret sealed.

    Raises:
        InputError: A source cannot be read, or the API server would refuse the Secret.
        ManyErrors: There are several faults.
        SealerError: The certificate cannot be used.
    """
    secret = replace(generator.secret, data=_read_values(generator, sealing).values)
    check_secret_type(secret)
    marks = {_BEHAVIOR: generator.behavior} if generator.behavior else {}
    if generator.appends_hash:
        marks |= {
            f"{_PREVIOUS}Names": secret.name,
            f"{_PREVIOUS}Kinds": "SealedSecret",
            f"{_PREVIOUS}Namespaces": secret.namespace or "default",
        }
        secret = replace(secret, name=sealing.name_for(secret.name, secret, generator.scope))
    sealed = sealing.seal(secret, generator.scope)
    return replace(sealed, annotations={**sealed.annotations, **marks}).to_object()


def _refuse_unknown(fields: FieldReader) -> None:
    if fields.raw("literals") is not None:
        fields.refuse(
            "literals would be values that anyone can read in this file",
            "literals",
            hint="take them from the environment: variables: [KEY=VARIABLE]",
        )
    known = (*_FIELDS, *_KUSTOMIZE_FIELDS, "literals")
    for name in (name for name in fields.mapping() if name not in known):
        hint = f"it has {', '.join(_FIELDS)}"
        fields.refuse(f"a SealedSecretGenerator has no field {name}", name, hint=hint)
    for name in (name for name in fields.mapping("options") if name not in _OPTIONS):
        hint = f"there are {', '.join(_OPTIONS)}"
        fields.refuse(f"there is no option {name}", "options", name, hint=hint)


def _texts(fields: FieldReader, name: str) -> tuple[str, ...]:
    value = fields.raw(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
        fields.refuse(f"{name} must be a list of strings", name)
        return ()
    return tuple(value)


def _read_values(generator: Generator, sealing: Sealing) -> Collected:
    collected = Collected(sealing.console)
    for source in generator.files:
        key, separator, path = source.rpartition("=")
        with collected.faults.collected():
            if separator and not key:
                raise _no_pair("files", "PATH or KEY=PATH")
            collected.add_file(key, checked_path(path, sealing.root))
    for path in generator.envs:
        with collected.faults.collected():
            collected.add_env_file(checked_path(path, sealing.root))
    for source in generator.variables:
        key, _, variable = source.partition("=")
        with collected.faults.collected():
            if not key or not variable:
                raise _no_pair("variables", "KEY=VARIABLE")
            collected.add_variable(key, variable)
    collected.faults.check()
    return collected


def _no_pair(name: str, form: str) -> FieldError:
    # What stands there is not repeated: it may be a value that someone thought belongs there.
    return FieldError(f"{name} takes {form}", (name,))
