"""SH016: literals that kustomize makes Secrets of are found; references and ConfigMaps pass."""

import pytest

from tests.detect.table import STANZA, TOKEN, Row, findings, found, name_of, row


def _generator(literals: str, name: str = "secretGenerator") -> str:
    return f"namespace: shop\n{name}:\n- name: db\n  literals: {literals}\n"


MUST_FIND = [
    row("one", _generator("[password=hunter2]"), "password"),
    row("several", _generator("[a=1, b=2]"), "a", "b"),
    row("block list", _generator("\n  - a=b\n  - c=d"), "a", "c"),
    row("quoted by YAML", _generator('["a=b"]'), "a"),
    row("quoted for kustomize", _generator("""["a='b'"]"""), "a"),
    row("value with equals signs", _generator("[a=b=c]"), "a"),
    row("default in a reference", _generator("['a=${X:-hunter2}']"), "a"),
    row("no key", _generator("[hunter2]"), ""),
    row("base64 without a key", _generator("[aHVudGVyMg==]"), ""),
    row("mapping in its place", _generator("[{a: b}]"), ""),
    row("no list", _generator("a=b"), "a"),
    row("typed", _generator("[a=b]\n  type: Opaque\n"
        "  options: {disableNameSuffixHash: true}"), "a"),
    row("component", "kind: Component\n" + _generator("[a=b]"), "a"),
    row("JSON", '{"secretGenerator": [{"name": "db", "literals": ["a=b"]}]}', "a"),
    row("second document", f"a: b\n---\n{_generator('[a=b]')}", "a"),
    row("merge", _generator("[a=b]\n  behavior: merge"), "a"),
    row("plug-in as an object", "apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: db}\n"
        "literals: [a=b]\n", "a"),
    row("plug-ins in a List", "kind: List\nitems:\n- kind: SecretGenerator\n"
        "  metadata: {name: db}\n  literals: [a=b]\n", "a"),
    row("plug-ins in a list", "- kind: SecretGenerator\n  literals: [a=b]\n", "a"),
    row("kustomizations in a list", "- secretGenerator:\n  - literals: [a=b]\n", "a"),
    row("alias", "x: &x [a=b]\n" + _generator("*x"), "a"),
    row("stanza without a key", _generator(f"['{TOKEN}']") + "sops: {}\n", "?"),
    row("tabs", _generator("\n  - a=b\n  - c=d") + "x:\n\t- y\n", "a", "c"),
    row("conflict", _generator("\n  - x=${X}\n<<<<<<< HEAD\n  - a=b\n=======\n  - a=c\n>>>>>>> x"),
        "a", "a"),
    row("template", "{{ if .x }}\n" + _generator("\n  - a=b:c\n  - 'd=e: f'\n  type: Opaque")
        + "{{ end }}\n", "a", "d"),
    row("brackets in a template, and quotes",
        "{{ if .x }}\n" + _generator("[ 'c=d', \"a=b\" ] # x") + "{{ end }}\n", "c"),
    row("comma in quotes", "{{ if .x }}\n" + _generator('["a=${X},b=c"]') + "{{ end }}\n", "a"),
    row("comma in a string that goes on",
        "{{ if .x }}\n" + _generator('["a=${X},b=c') + "{{ end }}\n", ""),
    row("comma in an action",
        "{{ if .x }}\n" + _generator('[a={{ or "x,b=c" .X }}]') + "{{ end }}\n", ""),
    row("brackets in a template", "{{ if .x }}\n" + _generator("[a=b, c=d]") + "{{ end }}\n", "a"),
    row("UTF-16", _generator("[a=b]").encode("utf-16"), "a"),
]  # fmt: skip

MUST_PASS = [
    row("plug-in of ConfigMaps in a List", "kind: List\nitems:\n- kind: ConfigMapGenerator\n"
        "  literals: [secretGenerator=b]\n"),
    row("plug-ins in a List, references",
        "kind: List\nitems:\n- kind: SecretGenerator\n  literals: ['a=${A}']\n"),
    row("plug-in as an item of something else",
        "kind: ConfigMap\nitems:\n- kind: SecretGenerators\n  literals: [a=b]\n"),
    row("ConfigMap", _generator("[a=b]", "configMapGenerator")),
    row("empty value", _generator("['a=']")),
    row("reference", _generator("['a=${A}', 'b=$(B)', 'c=<path:kv/x#y>']")),
    row("quoted reference", _generator("""["a='${A}'"]""")),
    row("no literals", _generator("[]")),
    row("null", _generator("")),
    row("encrypted", _generator(f"['{TOKEN}']") + STANZA.replace("data|", "literals|")),
    row("encrypted as SOPS does by default", _generator(f"['{TOKEN}']").replace("shop", TOKEN)
        .replace("db", TOKEN) + STANZA.replace("encrypted_regex", "x")),
    row("files nobody can ask for", "secretGenerator:\n- name: db\n  files: [a.txt]\n"),
    row("generators", "generators: [secret-generator.yaml]\nsecretGenerator: []\n"),
    row("ksops", "apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: secretGenerator}\n"
        "files: [secret.enc.yaml]\n"),
    row("options", "generatorOptions: {disableNameSuffixHash: true}\nsecretGenerator:\n"
        "- name: x\n"),
    row("name of a file", "resources: [secretGenerator/]\n"),
    row("schema", "properties: {secretGenerator: {type: array, items: {type: object}}}\n"),
    row("field of another object", "kind: Deployment\n"
        "spec: {secretGenerator: {literals: [a=b]}}\n"),
    row("template with references", "{{ if .x }}\n" + _generator(
        "\n  - a={{ .Values.a }}\n  - b=\n  options: {x: y=z}") + "  files:\n  - a=b\n{{ end }}\n"),
    row("template for a ConfigMap", "{{ if .x }}\n" + _generator("\n  - a=b", "configMapGenerator")
        + "secretGenerator: []\nresources:\n- a=b\n{{ end }}\n"),
    row("template with references in brackets",
        "{{ if .x }}\n" + _generator("[a=${X}, b={{ .y }}]") + "{{ end }}\n"),
    row("template with references in quotes",
        "{{ if .x }}\n" + _generator("['a=${X}', \"b=${Y}\"] # x") + "{{ end }}\n"),
    row("template with brackets", "{{ if .x }}\n" + _generator("[]") + "{{ end }}\n"),
    row("template of a list", "secretGenerator:\n- name: x\n  literals:\n{{- range .x }}\n"
        "  - {{ . }}\n{{- end }}\n"),
    row("words", "data: the secretGenerator takes literals such as a=b\n"),
    row("reference without a key", _generator("['${A}']")),
    row("two documents without literals", "secretGenerator: []\n---\nsecretGenerator:\n- {}\n"),
    row("generator of an operator", "kind: Password\nspec: {secretGenerator: {length: 32}}\n"),
    row("no mappings", "secretGenerator: [a, [b], null]\n"),
    row("text", "secretGenerator: none\n"),
    row("list at the top", "- secretGenerator\n- literals\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_literal_is_found(case: Row) -> None:
    """Each literal is a finding of its own, under the key that it sets."""
    assert found(case.data) == [("SH016", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_generator_passes(case: Row) -> None:
    """What holds no value passes."""
    assert found(case.data) == []


def test_finding_tells_whose_value_it_is() -> None:
    """The Secret is named after the generator; its namespace is the kustomization's or its own."""
    text = _generator("[a='xyz']").replace("literals", "namespace: own\n  literals")
    (finding,) = findings(text.encode())
    assert (finding.namespace, finding.name, finding.length) == ("own", "db", 3)
    assert finding.pointer == "/1/secretGenerator/0/literals/0"
    (finding,) = findings(_generator("[a=b]").encode())
    assert finding.namespace == "shop"
