"""What mends a finding: its rule's way out, with the command for the file that it stands in."""

from collections.abc import Iterable

from sealer.detect.finding import Finding
from sealer.detect.rules import PUBLIC_CERTIFICATE, READABLE_COPY, READABLE_VALUE, RULES, Severity

_OF_SECRETS = (READABLE_VALUE.id, READABLE_COPY.id, PUBLIC_CERTIFICATE.id)


def can_be_sealed(finding: Finding) -> bool:
    """Tell whether sealing its file ends a finding, and is what one would do about it.

    A warning leaves it to people what they do; an example in documentation stays readable.
    """
    return finding.rule in _OF_SECRETS and finding.severity is Severity.BLOCK


def remedies(findings: Iterable[Finding], path: str) -> list[str]:
    """Return what mends each of the findings of one file.

    Args:
        findings: All findings of the file.
        path: The file, quoted for a shell.
    """
    found = list(findings)
    seal = _seal_command({each.namespace for each in found if each.rule in _OF_SECRETS}, path)
    return [RULES[each.rule].remedy.format(path=path, seal=seal) for each in found]


def _seal_command(namespaces: set[str], path: str) -> str:
    """Return what seals the Secrets of a file. One without a namespace needs to be told it."""
    if namespaces == {""}:
        return f"sealer seal --in-place -n NAMESPACE {path}"
    seal = f"sealer seal --in-place {path}"
    # An option for all of them would not be theirs.
    return (
        f"write metadata.namespace where it is missing, then {seal}" if "" in namespaces else seal
    )
