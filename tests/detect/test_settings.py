"""What a repository says holds wherever a value stands: in YAML, in text, in other languages."""

import pytest

from sealer.detect import scan
from sealer.detect.rules import RULES, Severity
from sealer.detect.settings import Settings

_WORD = "changeme"
_IF = "{{ if .x }}\n"
# Files whose only value is that word, each with the rule that finds it.
FILES = [
    ("SH001", "a.yaml", f"kind: Secret\nstringData: {{a: {_WORD}}}\n"),
    ("SH001", "a.yaml", "kind: Secret\ndata: {a: Y2hhbmdlbWU=}\n"),
    ("SH003", "a.yaml", f"kind: SealedSecret\nspec: {{encryptedData: {{a: {_WORD}}}}}\n"),
    ("SH005", "a.yaml", f"{_IF}kind: Secret\nstringData:\n  a: {_WORD}\n{{{{ end }}}}\n"),
    ("SH005", "a.json", f'// x\n{{"kind": "Secret", "stringData": {{"a": "{_WORD}"}}}}\n'),
    ("SH005", "a.jsonnet", f"{{ kind: 'Secret', x: x + y, stringData: {{ a: '{_WORD}' }} }}"),
    ("SH006", "a.yaml", f"x: |\n  kind: Secret\n  stringData: {{a: {_WORD}}}\n"),
    ("SH007", "a.yaml", f"- {{op: add, path: /stringData/a, value: {_WORD}}}\n"),
    ("SH008", "a.yaml", f"kind: SealedSecret\nspec: {{template: {{data: {{a: {_WORD}}}}}}}\n"),
    ("SH011", "a.md", f"```yaml\nkind: Secret\nstringData: {{a: {_WORD}}}\n```\n"),
    ("SH013", "a.tf", f'resource "kubernetes_secret" "x" {{\n  data = {{ a = "{_WORD}" }}\n}}\n'),
    ("SH014", "a.sh", f"kubectl create secret generic x --from-literal=a={_WORD}\n"),
    ("SH015", "a.yaml", f"# kind: Secret\n# stringData:\n#   a: {_WORD}\nx: y\n"),
    ("SH016", "kustomization.yaml", f"secretGenerator: [{{name: x, literals: [a={_WORD}]}}]\n"),
]  # fmt: skip


def _rules(path: str, text: str, settings: Settings) -> list[str]:
    return [each.rule for each in scan(path, text.encode(), settings).findings]


@pytest.mark.parametrize(("rule", "path", "text"), FILES)
def test_scan_placeholder_of_the_repository_passes_everywhere(
    rule: str, path: str, text: str
) -> None:
    """It is a finding by itself, and none where the repository says that it stands for another."""
    assert _rules(path, text, Settings()) == [rule]
    assert _rules(path, text, Settings(placeholders={_WORD})) == []
    assert _rules(path, text, Settings(placeholders={_WORD[:-1], f"{_WORD}x"})) == [rule]


@pytest.mark.parametrize(("rule", "path", "text"), FILES)
@pytest.mark.parametrize("severity", Severity)
def test_scan_severity_of_the_repository_counts_everywhere(
    rule: str, path: str, text: str, severity: Severity
) -> None:
    """It takes the place of the rule's own; a rule that is off finds nothing."""
    answer = scan(path, text.encode(), Settings(severities={rule: severity}))
    assert answer.undecided == ()
    assert [each.severity for each in answer.findings] == (
        [] if severity is Severity.OFF else [severity]
    )


def test_severity_in_documentation_is_a_warning_at_most() -> None:
    """A person decides whether an example shows a real value, unless the repository says so."""
    rule = RULES["SH001"]
    assert Settings().severity(rule, "docs/a.md") is Severity.WARN
    assert Settings().severity(rule, "docs/a.yaml") is Severity.BLOCK
    assert Settings().severity(RULES["SH010"], "docs/a.md") is Severity.OFF
    settings = Settings(severities={"SH001": Severity.BLOCK})
    assert settings.severity(rule, "docs/a.md") is Severity.BLOCK
