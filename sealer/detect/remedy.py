"""What mends a finding: its rule's way out, with the command for the file that it stands in."""

import re
from collections.abc import Collection, Sequence

from sealer.detect.finding import Finding, Sealable
from sealer.detect.rules import OF_SECRETS, READABLE_COPY, READABLE_VALUE, RULES, Severity

_OUT_OF_OBJECT = (
    "move the Secret out of the object around it into a manifest of its own, and seal that: "
    "sealer seal --in-place MANIFEST"
)
_HOLDS_ALLOWED = (
    "move what is allowed into a Secret of its own in another file, for it would be sealed as "
    "well, then {seal}"
)
# `sealer seal` takes documents, and the items of lists; not what another object holds in a field.
_OBJECT = re.compile(r"/\d+(?:(?:/items)?/\d+)*")
_SEALABLE = re.compile(
    rf"(?P<object>{_OBJECT.pattern})/(?:data|stringData|metadata/annotations)(?:/.*)?",
    re.IGNORECASE,
)


class Sealing:
    """What `sealer seal` can do for the findings of one file, and what it has to leave alone.

    Args:
        findings: All findings of the file that stand.
        met: What it would meet in the file, as the scan says.
        allowed: The findings of the file that are let pass.
    """

    def __init__(
        self,
        findings: Sequence[Finding],
        met: Collection[Sealable] = (),
        allowed: Collection[Finding] = (),
    ) -> None:
        passed = {_object(each) for each in allowed}
        self._met = {each.pointer: each.obstacle for each in met if _OBJECT.fullmatch(each.pointer)}
        self._obstacles = {
            each: self._met.get(each) or (_HOLDS_ALLOWED if each in passed else "")
            for each in map(_object, filter(is_sealable, findings))
        }
        self._findings = findings

    @property
    def objects(self) -> Collection[str]:
        """The pointers of the objects with findings that it takes, some after some work."""
        return self._obstacles

    def obstacle(self, finding: Finding) -> str:
        """Return what is to be done before the object of a finding is sealed, or in its place."""
        return self._obstacles.get(_object(finding), "")

    def ready(self) -> list[Finding]:
        """Return what blocks and can be sealed at once.

        A warning leaves it to people what they do; an example in documentation stays readable.
        """
        return [
            each
            for each in self._findings
            if each.severity is Severity.BLOCK and is_sealable(each) and not self.obstacle(each)
        ]

    def options(self, findings: Sequence[Finding]) -> list[str]:
        """Return the options that seal the objects of findings, and nothing else of the file."""
        objects = list(dict.fromkeys(map(_object, findings)))
        if self._met.keys() <= set(objects):
            return []
        return [word for each in objects for word in ("--only", each.removeprefix("/"))]


def remedies(
    findings: Sequence[Finding],
    path: str,
    met: Collection[Sealable] = (),
    allowed: Collection[Finding] = (),
) -> list[str]:
    """Return what mends each of the findings of one file.

    Args:
        findings: All findings of the file.
        path: The file, quoted for a shell.
        met: What `sealer seal` would meet in the file, as the scan says.
        allowed: The findings of the file that are let pass.
    """
    sealing = Sealing(findings, met, allowed)
    sealable = [each for each in findings if is_sealable(each)]
    by_obstacle: dict[str, list[Finding]] = {}
    for each in sealable:
        by_obstacle.setdefault(sealing.obstacle(each), []).append(each)
    seals = {
        obstacle: _seal_command(found, path, sealing.options(found))
        for obstacle, found in by_obstacle.items()
    }
    return [_remedy(each, path, seals, sealing) for each in findings]


def is_sealable(finding: Finding) -> bool:
    """Tell whether a finding is a value of an object that `sealer seal` takes."""
    return finding.rule in OF_SECRETS and _object(finding) != ""


def _remedy(finding: Finding, path: str, seals: dict[str, str], sealing: Sealing) -> str:
    """Return what mends a finding.

    Args:
        finding: The finding.
        path: The file, quoted for a shell.
        seals: The commands that seal the objects with each obstacle.
        sealing: What can be sealed of the file.
    """
    obstacle = sealing.obstacle(finding)
    if _object(finding) in sealing.objects and finding.rule in (*OF_SECRETS, READABLE_COPY.id):
        # Sealing leaves copies in annotations out.
        plain = "{seal}" if finding.rule == READABLE_COPY.id else RULES[finding.rule].remedy
        return (obstacle or plain).format(path=path, seal=seals[obstacle])
    if finding.rule == READABLE_VALUE.id:
        return _OUT_OF_OBJECT
    return RULES[finding.rule].remedy.format(path=path, seal="sealer seal --in-place MANIFEST")


def _object(finding: Finding) -> str:
    """Return a pointer to the object that a finding stands in; empty for one that is not sealed."""
    match = _SEALABLE.fullmatch(finding.pointer)
    return match["object"] if match else ""


def _seal_command(sealable: Sequence[Finding], path: str, chosen: Sequence[str]) -> str:
    """Return what seals Secrets of a file; what they lack is asked for.

    An option is for all of them: it fits where none has its own.
    """
    namespaces = {each.namespace for each in sealable}
    names = {(_object(each), each.name) for each in sealable}
    options, missing = [], []
    if namespaces == {""}:
        options.append("-n NAMESPACE")
    elif "" in namespaces:
        missing.append("metadata.namespace")
    if len(names) == 1 and not sealable[0].name:
        options.append("--name NAME")
    elif any(not name for _, name in names):
        missing.append("metadata.name")
    seal = " ".join(("sealer seal --in-place", *chosen, *options, path))
    return f"write {' and '.join(missing)} where it is missing, then {seal}" if missing else seal
