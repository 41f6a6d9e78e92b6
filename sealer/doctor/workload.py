"""The controller's Deployment and Pods: whose program it is, which version, and how it fares."""

import re
from collections.abc import Iterator
from enum import Enum

from sealer.doctor.facts import Facts, Gap, NotKnownError, Object
from sealer.doctor.settings import container_of, is_configured, settings_of
from sealer.manifest.cursor import Cursor

OURS = "sealer-controller"
ORIGINAL = "sealed-secrets-controller"
_IMAGE = re.compile(r"(?:.*/)?(?P<name>[^/:@]+)(?::(?P<tag>[^@]+))?(?:@.*)?")
# Of the charts, whatever the release is called, and of the manifests.
_LABELS = (
    ("app.kubernetes.io/name", "sealed-secrets"),
    ("app.kubernetes.io/part-of", "sealed-secrets"),
    ("name", ORIGINAL),
)
_KEYS = "\nsealed_secrets_controller_keys{"
_READY, _NOT_READY, _NOT_FOUND = 200, 503, 404
_BUILD = re.compile(r'^sealed_secrets_controller_build_info\{revision="v?([^"]+)"\}', re.MULTILINE)
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:[-+.].*)?")


class Program(Enum):
    """Whose controller it is."""

    OURS = "sealer-controller"
    ORIGINAL = "the original"
    UNKNOWN = "unknown"


_PROGRAMS = {OURS: Program.OURS, ORIGINAL: Program.ORIGINAL}


def deployment_of(facts: Facts) -> Object:
    """Return the controller's Deployment.

    Raises:
        NotKnownError: It cannot be read, or there is none to look at.
    """
    deployment = facts.deployment.get()
    if deployment is None:
        raise NotKnownError(Gap("there is no Deployment of a controller to look at"))
    return deployment


def program_of(facts: Facts) -> Program:
    """Return whose controller it is: what it answers tells better than what its image is called.

    Only ours serves `/readyz` and counts its keys. That nobody knows that path tells of the
    original only where the certificate is served beside it: else it may be a wrong port.
    """
    status = facts.readiness.get() if facts.readiness.is_known else 0
    deployment = facts.deployment.get() if facts.deployment.is_known else None
    if status in (_READY, _NOT_READY) or (facts.metrics.is_known and _KEYS in facts.metrics.get()):
        return Program.OURS
    name, _ = image_of(deployment) if deployment else ("", "")
    if name in _PROGRAMS:
        return _PROGRAMS[name]
    if deployment and settings_of(deployment).elects:
        return Program.OURS  # the original knows no such argument, and would not start
    if status == _NOT_FOUND and facts.served.is_known:
        return Program.ORIGINAL
    return Program.UNKNOWN


class Likeness(Enum):
    """How sure it is that a workload is such a controller."""

    NONE = 0
    NAMED = 1
    SURE = 2


def likeness(workload: Object) -> Likeness:
    """Return whether a workload is such a controller: by what it runs, or by what it is called.

    What runs in it tells: the name of its image or container, or variables and flags of its own.
    An image may be mirrored under any name; then its labels or its own name may still tell.
    """
    there, container = Cursor(workload), container_of(workload)
    name, _ = image_of(workload)
    runs = name.endswith(tuple(_PROGRAMS)) or container.text("name") == ORIGINAL
    if runs or is_configured(container):
        return Likeness.SURE
    labels = there.fields("metadata", "labels")
    is_labelled = any(labels.get(key) == text for key, text in _LABELS)
    is_named = is_labelled or there.text("metadata", "name") == ORIGINAL
    return Likeness.NAMED if is_named else Likeness.NONE


def image_of(deployment: Object) -> tuple[str, str]:
    """Return the image's name, without where it comes from, and its tag; empty without one."""
    found = _IMAGE.fullmatch(container_of(deployment).text("image"))
    return (found["name"], found["tag"] or "") if found else ("", "")


def version_of(facts: Facts) -> str:
    """Return the controller's version as it says it, or as its image is tagged; empty if neither.

    Raises:
        NotKnownError: The Deployment cannot be read.
    """
    said = _BUILD.search(facts.metrics.get()) if facts.metrics.is_known else None
    if said:
        return said[1]
    deployment = facts.deployment.get()
    _, tag = image_of(deployment) if deployment else ("", "")
    return tag.removeprefix("v")


def numbers_of(version: str) -> tuple[int, int] | None:
    """Return the first two numbers of a version; None where it is none."""
    found = _VERSION.fullmatch(version)
    numbers = (int(found[1]), int(found[2])) if found else (0, 0)
    return numbers if any(numbers) else None  # programs built from no release call themselves 0.0.0


def statuses(pod: Cursor) -> Iterator[Cursor]:
    """Yield the statuses of a Pod's containers, of those too that run before the others."""
    yield from pod.each("status", "initContainerStatuses")
    yield from pod.each("status", "containerStatuses")


def is_ready(pod: Cursor) -> bool:
    """Tell whether a Pod is ready."""
    return any(
        (each.text("type"), each.text("status")) == ("Ready", "True")
        for each in pod.each("status", "conditions")
    )


def is_ending(pod: Cursor) -> bool:
    """Tell whether a Pod was deleted; it may lead, and answer, until it has ended."""
    return pod.has("metadata", "deletionTimestamp")


def account_of(deployment: Object) -> str:
    """Return the name of the ServiceAccount that the Pods run as."""
    return Cursor(deployment).text("spec", "template", "spec", "serviceAccountName") or "default"


def labels_match(selector: Cursor, labels: object) -> bool:
    """Tell whether a label selector with `matchLabels`, or a Service's, chooses labels."""
    wanted = selector.fields("matchLabels") or selector.fields()
    return bool(wanted) and isinstance(labels, dict) and wanted.items() <= labels.items()
