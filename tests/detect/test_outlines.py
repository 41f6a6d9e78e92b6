"""What stands in text that does not parse is found as it is where it parses."""

import base64
import textwrap

import pytest

from sealer.detect.rules import READABLE_PATCH
from tests.detect.table import SEALED, found

_SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  a: b\n"
_SEALED = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: db\nspec:\n"
_SOPS = (
    "apiVersion: isindir.github.com/v1alpha3\nkind: SopsSecret\nmetadata:\n  name: db\nspec:\n"
    "  secretTemplates:\n  - name: x\n    stringData:\n      a: {}\n"
)
_CONFIG = (
    "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {{server: x}}\n"
    "users:\n- name: u\n  user:\n    token: {}\n"
)
_PATCH = "- op: add\n  path: /stringData/a\n  value: {}\n"
_INLINE = "patches:\n- target:\n    kind: Secret\n  patch: |-\n" + textwrap.indent(_PATCH, "    ")
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  x: {}\n"
_GENERATOR = "secretGenerator:\n- name: x\n  literals:\n  - a={}\n"
_ENCODED = base64.b64encode(_SECRET.encode()).decode()
_HARMLESS = base64.b64encode(_SECRET.replace("a: b", "a: ${B}").encode()).decode()

_FINDS = {
    "unsealed value": (_SEALED + "  encryptedData:\n    a: {}\n", "YQ==", SEALED, "SH003"),
    "in braces": (_SEALED + "  encryptedData: {{a: {}}}\n", "YQ==", SEALED, "SH003"),
    "template entry": (
        _SEALED + "  template:\n    data:\n      a: {}\n", "b", '"{{ .a }}"', "SH008"
    ),
    "SopsSecret": (_SOPS, "hunter2", "${A}", "SH021"),
    "kubeconfig": (_CONFIG, "hunter2", "REDACTED", "SH020"),
    "JSON patch": (_PATCH, "hunter2", "${A}", "SH007"),
    "inline JSON patch": (_INLINE, "hunter2", "${A}", "SH007"),
    "manifest in base64": (_MAP, _ENCODED, _HARMLESS, "SH006"),
    "generator": (_GENERATOR, "hunter2", "${A}", "SH016"),
}  # fmt: skip
_DISTURBANCES = {
    "template": "{{{{- if .Values.x }}}}\n{}{{{{- end }}}}\n",
    "conflict": "<<<<<<< HEAD\n{}=======\n>>>>>>> x\n",
    "conflict before": "<<<<<<< HEAD\nx: 1\n=======\nx: 2\n>>>>>>> b\n{}",
    "syntax error": "{}\t}}: [\n",
    "bad line before": "x: [\n{}",
}
_CASES = [(thing, how) for thing in _FINDS for how in _DISTURBANCES]


@pytest.mark.parametrize(("thing", "how"), _CASES)
def test_scan_value_in_text_that_does_not_parse_is_found(thing: str, how: str) -> None:
    """No template, conflict or syntax error hides what is found without it."""
    form, value, _, rule = _FINDS[thing]
    text = _DISTURBANCES[how].format(form.format(value))
    assert {each for each, _ in found(text.encode())} == {rule}


@pytest.mark.parametrize(("thing", "how"), _CASES)
def test_scan_harmless_value_in_text_that_does_not_parse_passes(thing: str, how: str) -> None:
    """What passes where it parses passes in a template and in a conflict."""
    form, _, value, _ = _FINDS[thing]
    assert found(_DISTURBANCES[how].format(form.format(value)).encode()) == []


@pytest.mark.parametrize("thing", _FINDS)
def test_scan_value_in_a_comment_is_found(thing: str) -> None:
    """What is commented out can be read."""
    form, value, harmless, _ = _FINDS[thing]
    assert found(textwrap.indent(form.format(value), "# ", lambda _: True).encode())
    assert not found(textwrap.indent(form.format(harmless), "# ", lambda _: True).encode())


def test_scan_inline_patch_in_a_template_says_where() -> None:
    """The place is that of the value, and the rule that of a patch."""
    text = _DISTURBANCES["template"].format(_INLINE.format("hunter2"))
    assert found(text.encode()) == [(READABLE_PATCH.id, "a")]


@pytest.mark.parametrize(
    "text",
    [
        "x = `\n{}`\n",
        "cat <<EOF\n{}EOF\n",
    ],
)
def test_scan_generator_in_a_passage_is_reported_once(text: str) -> None:
    """What a passage says is not read once more as the text around it."""
    text = text.format("kind: Kustomization\nsecretGenerator:\n- literals:\n  - a=b\n  name: x\n")
    assert found(text.encode(), "a.go") == [("SH016", "a")]


_CRD = "kind: CustomResourceDefinition\nspec:\n"
_WORDS = 'x: "kind: Secret\\ndata:\\n  a: b"\n'
_BLOCK = "x: |\n    kind: Secret\n    data:\n      a: b\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{_CRD}  {_WORDS}",
        '{"kind":"CustomResourceDefinition","x":"e.g.\\nkind: Secret\\ndata:\\n  a: YQ==\\n"}',
        f"{{{{- if .x }}}}\n{_CRD}  {_WORDS}{{{{- end }}}}\n",
        f"{{{{- if .x }}}}\n{_CRD}  {_BLOCK}{{{{- end }}}}\n",
        "kind: ConfigMap\nmetadata: {name: x}\ndata:\n  x: |\n"
        + textwrap.indent(f"{_CRD}  {_WORDS}", "    "),
    ],
    ids=["quoted", "JSON", "template", "block in a template", "in a string"],
)
def test_scan_words_of_a_definition_pass(text: str) -> None:
    """What a definition says is documentation, however it is quoted."""
    assert found(text.encode()) == []


def test_scan_secret_beside_a_definition_is_found() -> None:
    """A definition judges nothing but itself."""
    text = 'kind: CustomResourceDefinition\nx: "a"\n---\n{{ if .x }}\n' + _SECRET
    assert found(text.encode()) == [("SH005", "a")]
    text = f"kind: CustomResourceDefinition\n{_SECRET}x: [\n"
    assert found(text.encode()) == [("SH005", "a")]
