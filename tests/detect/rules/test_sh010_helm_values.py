"""SH010: values for Helm charts are nobody's business here, unless somebody asks for them."""

import pytest

from sealer.detect import scan
from sealer.detect.finding import Scan
from sealer.detect.rules import Severity
from sealer.detect.settings import Settings
from tests.detect.table import SEALED, STANZA, TOKEN, Row, name_of, row

_ON = Settings(severities={"SH010": Severity.BLOCK})
_RELEASE = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop}\n"

MUST_FIND = [
    row("text", "auth:\n  password: hunter2\n", "password"),
    row("neutral name", "payload1: x\n", "payload1"),
    row("item of a list", "users:\n- hunter2\n- name: x\n", "0", "name"),
    row("number in quotes", "pin: '1234'\n", "pin"),
    row("block", "config: |\n  a=b\n", "config"),
    row("one of two", "a: ${A}\nb: hunter2\n", "b"),
    row("beside a manifest", "a: b\nextra: [{apiVersion: v1, kind: Pod, spec: {c: d}}]\n", "a"),
    row("HelmRelease", f"{_RELEASE}spec:\n  values:\n    a: {{b: hunter2}}\n", "b"),
    row("SOPS token without a stanza", f"a: {TOKEN}\n", "a"),
    row("SOPS, a value left clear", f"data: {TOKEN}\nb: hunter2\n{STANZA}", "b"),
]

MUST_PASS = [
    row("numbers and switches", "replicas: 3\nenabled: true\nratio: 1.5\nnothing:\n"),
    row("empty", "password: ''\nuser: null\nmap: {}\nlist: []\n"),
    row("placeholders", "a: ${A}\nb: <path:kv/db#password>\nc: '{{ .Values.x }}'\n"),
    row("sealed", f"a: {SEALED}\n"),
    row("SOPS", f"data:\n  a: {TOKEN}\n  b: {TOKEN}\n{STANZA}"),
    row("only a manifest", "apiVersion: v1\nkind: Pod\nspec: {a: b}\n"),
    row("a manifest inside", "extra: [{apiVersion: v1, kind: ConfigMap, data: {a: b}}]\n"),
    row("HelmRelease without values", f"{_RELEASE}spec: {{chart: {{spec: {{chart: x}}}}}}\n"),
    row("HelmRelease of another group", _RELEASE.replace("helm.toolkit.fluxcd.io", "x.io")
        + "spec: {values: {a: b}}\n"),
    row("a list", "- a\n- b\n"),
    row("one word", "hunter2\n"),
    row("comments", "# a: b\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_values_are_found_where_somebody_asks(case: Row) -> None:
    """Every text counts: no structure tells which of them is secret."""
    answer = scan("chart/values.yaml", case.data, _ON)
    assert [(each.rule, each.key) for each in answer.findings] == [("SH010", k) for k in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_other_values_pass(case: Row) -> None:
    """What says nothing in clear passes, and so do manifests, which have rules of their own."""
    assert scan("chart/values.yaml", case.data, _ON) == Scan()


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_values_pass_by_default(case: Row) -> None:
    """General scanners look at values by their names."""
    assert [each.rule for each in scan("chart/values.yaml", case.data).findings] == []


@pytest.mark.parametrize(
    "path",
    ["values.yaml", "a/values.yml", "values-prod.yaml", "values.prod.yaml", "prod.values.yaml",
     "prod-values.yaml", "a/b/secrets.yaml", "VALUES.YAML"],
)  # fmt: skip
def test_scan_file_with_the_name_of_values_is_examined(path: str) -> None:
    """Helm, helm-secrets and people name them so."""
    assert [each.key for each in scan(path, b"a: b\n", _ON).findings] == ["a"]


@pytest.mark.parametrize(
    "path", ["values.yaml.txt", "myvalues.yaml", "values/x.yaml", "valuesx.yaml", "Chart.yaml", ""]
)
def test_scan_file_with_another_name_is_not(path: str) -> None:
    """Any other mapping is not for a chart."""
    assert scan(path, b"a: b\n", _ON) == Scan()


def test_manifest_among_values_is_found_by_its_own_rule() -> None:
    """It is found whether the rule for values is on or off, and once."""
    text = b"extra: [{apiVersion: v1, kind: Secret, stringData: {a: b}}]\n"
    for settings in (None, _ON):
        assert [each.rule for each in scan("values.yaml", text, settings).findings] == ["SH001"]
