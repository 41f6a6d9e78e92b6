"""SH007: patches that write readable values into a Secret are found; other patches pass."""

import json

import pytest

from sealer.detect import scan
from sealer.detect.settings import Settings
from tests.detect.table import SEALED, STANZA, TOKEN, Row, found, name_of, row

_KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
_ENCODED = "aHVudGVyMg=="


def _operation(path: str, value: str, op: str = "replace") -> str:
    return f"- op: {op}\n  path: {path}\n  value: {value}\n"


def _inline(patch: str, target: str = "{kind: Secret, name: db}", field: str = "patches") -> str:
    body = "".join(f"    {line}\n" for line in patch.splitlines())
    return f"{_KUSTOMIZATION}{field}:\n- target: {target}\n  patch: |-\n{body}"


MUST_FIND = [
    row("stringData", _operation("/stringData/a", "hunter2"), "a"),
    row("data in base64", _operation("/data/a", _ENCODED), "a"),
    row("add", _operation("/stringData/a", "hunter2", "add"), "a"),
    row("test, which shows the value", _operation("/stringData/a", "hunter2", "test"), "a"),
    row("escaped key", _operation("/stringData/a~1b", "hunter2"), "a/b"),
    row("the whole section", _operation("/stringData", "{a: b, c: d}"), "a", "c"),
    row("the whole section of base64", _operation("/data", f"{{a: {_ENCODED}}}"), "a"),
    row("another operation before", "- {op: remove, path: /data/x}\n"
        + _operation("/stringData/a", "hunter2"), "a"),
    row("JSON", json.dumps([{"op": "add", "path": "/stringData/a", "value": "b"}]), "a"),
    row("JSON of base64", json.dumps([{"op": "add", "path": "/data/a", "value": _ENCODED}]), "a"),
    row("SealedSecret", _operation("/spec/encryptedData/a", "hunter2"), "a"),
    row("SealedSecret in base64", _operation("/spec/encryptedData/a", _ENCODED), "a"),
    row("inline", _inline(_operation("/stringData/a", "hunter2")), "a"),
    row("inline, a word that is base64 too", _inline(_operation("/data/a", "info")), "a"),
    row("inline, the old field",
        _inline(_operation("/data/a", "info"), field="patchesJson6902"), "a"),
    row("inline, several kinds",
        _inline(_operation("/data/a", "info"), "{kind: ConfigMap|Secret}"), "a"),
    row("inline, SealedSecret's template",
        _inline(_operation("/spec/template/data/a", "x"), "{kind: SealedSecret}"), "a"),
    row("inline, strategic", _inline("kind: Secret\nstringData: {a: b}"), "a"),
    row("inline, strategic, no target",
        f"{_KUSTOMIZATION}patches:\n- patch: |\n    kind: Secret\n    data: {{a: YQ==}}\n", "a"),
    row("inline, strategic, no kind", _inline("metadata: {name: x}\ndata: {a: YQ==}"), "a"),
    row("inline, as JSON", _inline('[{"op": "add", "path": "/data/a", "value": "info"}]'), "a"),
    row("list of strategic patches", f"{_KUSTOMIZATION}patchesStrategicMerge:\n- a.yaml\n"
        "- |\n  kind: Secret\n  data:\n    a: YQ==\n", "a"),
    row("Flux", "kind: Kustomization\nspec:\n  patches:\n  - target: {kind: Secret}\n"
        "    patch: |\n      - op: add\n        path: /data/a\n        value: b\n", "a"),
    row("Argo CD", "kind: Application\nspec: {source: {kustomize: {patches: [{target: "
        "{kind: Secret}, patch: '[{op: add, path: /data/a, value: b}]'}]}}}\n", "a"),
    row("inline, the whole object",
        _inline("- {op: replace, path: '', value: {data: {a: YQ==}, stringData: {b: c}}}"),
        "a", "b"),
    row("inline, the whole spec of a SealedSecret",
        _inline("- op: add\n  path: /spec\n  value: {template: {data: {a: b}}}",
            "{kind: SealedSecret}"), "a"),
    row("number", _inline(_operation("/data/a", "12345")), "a"),
    row("SOPS token without a stanza", _operation("/stringData/a", f"'{TOKEN}'"), "a"),
]  # fmt: skip

MUST_PASS = [
    row("ConfigMap's words", _operation("/data/LEVEL", "info") + _operation("/data/X", "debug")),
    row("ConfigMap's number", _operation("/data/PORT", "8080")),
    row("ConfigMap's address", _operation("/data/URL", "http://db.shop:5432/x")),
    row("ConfigMap's file", _operation("/data/a.conf", '"a = b\\nc = d\\n"')),
    row("ConfigMap's section", _operation("/data", "{LEVEL: info, MODE: test}")),
    row("ConfigMap as target", _inline(_operation("/data/a", _ENCODED), "{kind: ConfigMap}")),
    row("Deployment", _operation("/spec/template/spec/volumes/0", "{secret: {secretName: data}}")),
    row("Deployment's template", _operation("/spec/template/data", "x")),
    row("labels of a Secret", _inline(_operation("/metadata/labels/a", "b"))),
    row("type of a Secret", _inline(_operation("/type", "Opaque"))),
    row("removal", _inline("- op: remove\n  path: /data/a")),
    row("move", "- {op: move, from: /stringData/a, path: /stringData/b}\n"),
    row("copy", "- {op: copy, from: /data/a, path: /stringData/b}\n"),
    row("placeholder", _operation("/stringData/a", "${A}")),
    row("placeholder in base64", _operation("/data/a", "JHtBfQ==")),
    row("empty value", _operation("/stringData/a", "''") + _operation("/data", "{}")),
    row("null", _operation("/stringData/a", "null")),
    row("sealed value", _operation("/spec/encryptedData/a", SEALED)),
    row("template with an action", _inline(_operation("/spec/template/metadata", "{a: b}"),
        "{kind: SealedSecret}")),
    row("delete patch", _inline("$patch: delete\nkind: Secret\nmetadata: {name: x}")),
    row("strategic patch without a value", _inline("kind: Secret\nmetadata: {labels: {a: b}}")),
    row("strategic patch of a ConfigMap", _inline("kind: ConfigMap\ndata: {a: YQ==}",
        "{kind: ConfigMap}")),
    row("patch in a file",
        f"{_KUSTOMIZATION}patches: [{{path: x.yaml, target: {{kind: Secret}}}}]\n"),
    row("replacements", f"{_KUSTOMIZATION}replacements:\n- source: {{kind: Secret, fieldPath: "
        "data.a}\n  targets: [{select: {kind: Secret}, fieldPaths: [data.b]}]\n"),
    row("list of other things", "- {op: data, path: secret, value: 1}\n- [op, /data/a]\n- /data\n"),
    row("rules with paths", "- path: /data/secret\n  op: replace\n"),
    row("OpenAPI", '{"paths": {"/data/a": {"get": {"operationId": "op", "value": "secret"}}}}'),
    row("mounts", "kind: Pod\nspec:\n  volumes: [{hostPath: {path: /data/secret}}]\n"),
    row("ignored differences", "kind: Application\nspec:\n  ignoreDifferences:\n"
        "  - {kind: Secret, jsonPointers: [/data, /data/a]}\n"),
    row("SOPS", f"kind: Secret\nstringData: {{a: '{TOKEN}'}}\n{STANZA}"),
    row("short base64", _operation("/data/a", "YQ==")),
    row("base64 of bytes", _operation("/data/a", "/////////w==")),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_patch_with_a_value_is_found(case: Row) -> None:
    """What a patch writes into a Secret is a value of it."""
    assert found(case.data) == [("SH007", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_other_patch_passes(case: Row) -> None:
    """Patches for other kinds, and patches without a value, bother nobody."""
    assert found(case.data) == []


def _keys(path: str, text: str, files: dict[str, str]) -> list[str]:
    around = {name: content.encode() for name, content in files.items()}
    return [
        finding.key for finding in scan(path, text.encode(), Settings(lookup=around.get)).findings
    ]


_REFERRING = "patches: [{{path: {}, target: {{kind: {}}}}}]\n"


@pytest.mark.parametrize(
    ("path", "where", "name"),
    [
        ("p.yaml", "kustomization.yaml", "p.yaml"),
        ("a/p.yaml", "a/kustomization.yml", "p.yaml"),
        ("a/p.yaml", "a/Kustomization", "./p.yaml"),
        ("a/b/p.yaml", "a/kustomization.yaml", "b/p.yaml"),
        ("a/b/p.yaml", "kustomization.yaml", "a/b/p.yaml"),
    ],
)
def test_patch_in_a_file_is_for_what_the_kustomization_says(
    path: str, where: str, name: str
) -> None:
    """The same operation is a finding for a Secret, and none for a ConfigMap."""
    word, encoded = _operation("/data/a", "info"), _operation("/data/a", _ENCODED)
    of_secrets = {where: _KUSTOMIZATION + _REFERRING.format(name, "Secret")}
    of_config_maps = {where: _KUSTOMIZATION + _REFERRING.format(name, "ConfigMap")}
    assert _keys(path, word, of_secrets) == ["a"]
    assert _keys(path, encoded, of_config_maps) == []
    assert _keys(path, word, {}) == []
    assert _keys(path, encoded, {}) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "\xff",
        "- path: p.yaml",
        "patches: {path: p.yaml}",
        "patches: [{path: q.yaml, target: {kind: ConfigMap}}]",
        "patches: [{path: [p.yaml], target: {kind: ConfigMap}}]",
    ],
)
def test_patch_beside_a_kustomization_that_says_nothing_is_judged_alone(text: str) -> None:
    """A kustomization that cannot be read, or names another file, changes nothing."""
    assert _keys("p.yaml", _operation("/data/a", _ENCODED), {"kustomization.yaml": text}) == ["a"]


def test_finding_in_a_patch_says_where() -> None:
    """Line, column and pointer are those of the value."""
    text = _inline(_operation("/stringData/a", "hunter2"))
    (finding,) = scan("kustomization.yaml", text.encode()).findings
    assert (finding.line, finding.column) == (8, 14)
    assert finding.pointer == "/1/patches/0/patch/1/0/value"
    assert finding.length == len("hunter2")
