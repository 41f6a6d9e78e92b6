"""Values for Helm charts are reported where the policy says so, and are nobody's business else."""

import pytest

from sealer_hooks.main import main
from tests.hooks.repository import Repository

_RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {values: {a: b}}\n"


@pytest.mark.parametrize("file", [("values.yaml", "a: b\n"), ("x.yaml", _RELEASE)])
@pytest.mark.parametrize(("severity", "code"), [("block", 1), ("warn", 0), ("off", 0), ("", 0)])
def test_hook_values_are_reported_where_the_policy_says_so(
    repository: Repository,
    capfd: pytest.CaptureFixture[str],
    file: tuple[str, str],
    severity: str,
    code: int,
) -> None:
    """The quick look at a file's bytes does not keep the rule from being asked."""
    rules = f"rules: {{SH010: {severity}}}" if severity else "placeholders: [x]"
    repository.write(".sealer.yaml", f"version: 1\nhook: {{{rules}}}\n")
    repository.write(*file)
    assert main(["--staged"]) == code
    assert ("SH010" in capfd.readouterr().out) == (severity in ("block", "warn"))
