"""What mends a finding: its rule's way out, with the command for the file that it stands in."""

import re
from collections.abc import Sequence

from sealer.detect.finding import Finding
from sealer.detect.rules import PUBLIC_CERTIFICATE, READABLE_COPY, READABLE_VALUE, RULES, Severity

_OF_SECRETS = (READABLE_VALUE.id, PUBLIC_CERTIFICATE.id)
_OUT_OF_OBJECT = (
    "move the Secret out of the object around it into a manifest of its own, and seal that: "
    "sealer seal --in-place MANIFEST"
)
# `sealer seal` takes documents, and the items of lists; not what another object holds in a field.
_SEALABLE = re.compile(
    r"(?P<object>/\d+(?:(?:/items)?/\d+)*)/(?:data|stringData|metadata/annotations)(?:/.*)?",
    re.IGNORECASE,
)


def can_be_sealed(finding: Finding) -> bool:
    """Tell whether sealing its file ends a finding, and is what one would do about it.

    A warning leaves it to people what they do; an example in documentation stays readable.
    """
    return finding.severity is Severity.BLOCK and _is_sealable(finding)


def remedies(findings: Sequence[Finding], path: str) -> list[str]:
    """Return what mends each of the findings of one file.

    Args:
        findings: All findings of the file.
        path: The file, quoted for a shell.
    """
    sealable = [each for each in findings if _is_sealable(each)]
    seal = _seal_command(sealable, path)
    objects = {_object(each) for each in sealable}
    return [_remedy(each, path, seal, objects) for each in findings]


def _remedy(finding: Finding, path: str, seal: str, sealable: set[str]) -> str:
    """Return what mends a finding.

    Args:
        finding: The finding.
        path: The file, quoted for a shell.
        seal: The command that seals it.
        sealable: The objects that it would seal.
    """
    if finding.rule == READABLE_COPY.id and _object(finding) in sealable:
        return seal  # which leaves such annotations out
    if finding.rule == READABLE_VALUE.id and not _is_sealable(finding):
        return _OUT_OF_OBJECT
    return RULES[finding.rule].remedy.format(path=path, seal=seal)


def _is_sealable(finding: Finding) -> bool:
    return finding.rule in _OF_SECRETS and _object(finding) != ""


def _object(finding: Finding) -> str:
    """Return a pointer to the object that a finding stands in; empty for one that is not sealed."""
    match = _SEALABLE.fullmatch(finding.pointer)
    return match["object"] if match else ""


def _seal_command(sealable: Sequence[Finding], path: str) -> str:
    """Return what seals the Secrets of a file; what they lack is asked for.

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
    seal = " ".join(("sealer seal --in-place", *options, path))
    return f"write {' and '.join(missing)} where it is missing, then {seal}" if missing else seal
