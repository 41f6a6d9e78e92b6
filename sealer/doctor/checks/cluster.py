"""Checks of the cluster: its version, and whether it knows SealedSecrets."""

from collections.abc import Iterator, Sequence

from sealer.doctor.facts import Facts, Object
from sealer.doctor.finding import Finding, fault, note, ok, warning
from sealer.doctor.pruning import ANY_KEY, EACH, is_kept
from sealer.doctor.workload import Program, numbers_of, program_of, version_of
from sealer.manifest.cursor import Cursor

# PodDisruptionBudgets are `policy/v1` from there on, and Pods have seccomp profiles.
_OLDEST = (1, 21)
_SKEW = 1
_VERSION = "v1alpha1"
_COLUMNS = {"Synced", "Reason", "Age"}
# What objects are made of; what the kind's schema drops of it is lost, without a word.
_STORED = (
    ("spec", "encryptedData", ANY_KEY),
    *(("spec", "template", field) for field in ("type", "immutable")),
    ("spec", "template", "data", ANY_KEY),
    *(("spec", "template", "metadata", each, ANY_KEY) for each in ("labels", "annotations")),
    ("status", "observedGeneration"),
    *(("status", "conditions", EACH, field) for field in ("type", "status", "reason", "message")),
)
# Of kinds as they were before schemas had to be structural.
_KEEPS_ALL = "preserveUnknownFields"
_KEEP = "helm.sh/resource-policy"
_INSTALL = "install it: kubectl apply -f deploy/crd.yaml"
_UPGRADE = "upgrade it: kubectl apply -f deploy/crd.yaml, or `helm upgrade` with crd.create"


def versions_of_kubernetes(facts: Facts) -> Iterator[Finding]:
    """Look at the versions of API server and kubectl."""
    server, kubectl = numbers_of(facts.server), numbers_of(facts.kubectl)
    said = f"Kubernetes {facts.server}, kubectl {facts.kubectl}"
    if server is None or kubectl is None:
        yield note(f"{said}: not versions to compare")
    elif server < _OLDEST:
        least = ".".join(map(str, _OLDEST))
        yield fault(f"{said}: the manifests need {least}", "upgrade the cluster")
    elif server[0] != kubectl[0] or abs(server[1] - kubectl[1]) > _SKEW:
        yield note(
            f"{said}: kubectl supports one minor version of difference",
            "install a kubectl of the cluster's version",
        )
    else:
        yield ok(said)


def kind(facts: Facts) -> Iterator[Finding]:
    """Look at the CustomResourceDefinition."""
    crd = facts.crd.get()
    if crd is None:
        yield fault("the cluster knows no SealedSecrets", _INSTALL)
        return
    found = list(_faults_of(crd))
    yield from found or [ok(f"SealedSecrets are served as {_VERSION}")]


def _faults_of(crd: Object) -> Iterator[Finding]:
    there = Cursor(crd)
    conditions = {
        each.text("type"): each.text("status") for each in there.each("status", "conditions")
    }
    if conditions.get("Established") != "True" or conditions.get("NamesAccepted") == "False":
        yield fault(
            "SealedSecrets are defined and not served",
            "see why: kubectl describe crd sealedsecrets.bitnami.com",
        )
    version = next(
        (each for each in there.each("spec", "versions") if each.text("name") == _VERSION),
        Cursor(None),
    )
    if not version.is_true("served"):
        yield fault(f"SealedSecrets are not served as {_VERSION}", _UPGRADE)
        return
    yield from _faults_of_version(version, keeps_all=there.is_true("spec", _KEEPS_ALL))
    if _is_helms(there) and there.text("metadata", "annotations", _KEEP) != "keep":
        yield warning(
            "Helm deletes the kind with its release, and every SealedSecret with it",
            f"kubectl annotate crd sealedsecrets.bitnami.com {_KEEP}=keep",
        )


def _faults_of_version(version: Cursor, *, keeps_all: bool) -> Iterator[Finding]:
    if not version.has("subresources", "status"):
        yield fault("the kind has no status subresource: no status can be written", _UPGRADE)
    root = version.at("schema", "openAPIV3Schema")
    dropped = [".".join(path) for path in _STORED if not keeps_all and not is_kept(root, *path)]
    if dropped:
        yield fault(f"the kind's schema drops {', '.join(_outermost(dropped))}", _UPGRADE)
    columns = {each.text("name") for each in version.each("additionalPrinterColumns")}
    if not columns >= _COLUMNS:
        yield note(
            "the kind is of the original or of an older sealer: its columns differ", _UPGRADE
        )


def _outermost(dropped: Sequence[str]) -> list[str]:
    """Return places without `*` and `[]` behind them, each once."""
    return list(dict.fromkeys(each.removesuffix(f".{ANY_KEY}") for each in dropped))


def _is_helms(crd: Cursor) -> bool:
    return crd.text("metadata", "labels", "app.kubernetes.io/managed-by") == "Helm"


def versions(facts: Facts) -> Iterator[Finding]:
    """Look at the versions of command and controller."""
    program, version = program_of(facts), version_of(facts)
    if program is Program.ORIGINAL:
        yield note(f"the original's controller runs, version {version or 'not known'}")
        return
    ours, theirs = numbers_of(facts.client), numbers_of(version)
    if theirs is None or ours is None:
        facts.metrics.get()  # which would tell it
        yield note(
            f"sealer {facts.client}; the controller calls its version {version or 'nothing'}"
        )
    elif ours != theirs:
        older = "sealer on this machine" if ours < theirs else "the controller"
        yield warning(f"sealer {facts.client}, controller {version}", f"upgrade {older}")
    else:
        yield ok(f"sealer {facts.client}, controller {version}")
