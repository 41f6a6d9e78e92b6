"""SH021: a value that the stanza of SOPS covers and that is clear is found; the rest passes."""

import json

import pytest

from tests.detect.table import STANZA, TOKEN, Row, findings, found, name_of, row

_BARE = STANZA.replace("  encrypted_regex: ^(data|stringData)$\n", "")
_ENV = f"A={TOKEN}\nsops_age__list_0__map_enc=x\nsops_mac={TOKEN}\n"
_INI = f"[db]\na = {TOKEN}\n[sops]\npgp__list_0__map_enc = x\nmac = {TOKEN}\n"


def _by(rule: str) -> str:
    return STANZA.replace("encrypted_regex: ^(data|stringData)$", rule)


MUST_FIND = [
    row("one of two values", f"a: {TOKEN}\nb: clear\n{_BARE}", "b"),
    row("nested", f"a: {{b: [{{c: clear}}]}}\n{_BARE}", "c"),
    row("in a list", f"a: [clear]\n{_BARE}", "a"),
    row("number", f"a: 5432\n{_BARE}", "a"),
    row("suffix", f"a_secret: clear\nb: c\n{_by('encrypted_suffix: _secret')}", "a_secret"),
    row("other than the suffix", f"a: clear\nb_x: c\n{_by('unencrypted_suffix: _x')}", "a"),
    row("expression", f"pass: clear\nuser: c\n{_by('encrypted_regex: ^pass')}", "pass"),
    row("other than the expression", f"a: clear\nb: c\n{_by('unencrypted_regex: ^b$')}", "a"),
    row("ConfigMap", f"kind: ConfigMap\ndata: {{a: clear, b: '{TOKEN}'}}\n{STANZA}", "a"),
    row("JSON", json.dumps({"a": "clear", "sops": {"mac": TOKEN, "kms": [{"enc": "x"}]}}), "a"),
    row("groups of keys", f"a: clear\nsops: {{mac: '{TOKEN}', key_groups: [{{age: [{{enc: x}}]}}], "
        "shamir_threshold: 1}\n", "a"),
    row("code over encrypted values only", f"a: clear\n{_BARE}  mac_only_encrypted: true\n", "a"),
    row("second document", f"a: {TOKEN}\n{_BARE}---\na: clear\n{_BARE}", "a"),
    row("variables", _ENV + "B=clear\n", "B"),
    row("variables by rule", _ENV + "sops_encrypted_regex=^C\nB=x\nC=clear\n", "C"),
    row("INI", _INI.replace("[sops]", "b = clear\n[sops]"), "b"),
    row("SopsSecret", "apiVersion: isindir.github.com/v1alpha3\nkind: SopsSecret\n"
        "metadata: {name: x}\nspec: {secretTemplates: [{name: y, stringData: {a: clear}}]}\n", "a"),
    row("SopsSecret of the other operator", "apiVersion: craftypath.github.io/v1alpha1\n"
        "kind: SopsSecret\nspec:\n  stringData: {a: clear}\n  data: {b: YQ==}\n", "a", "b"),
]  # fmt: skip

MUST_PASS = [
    row("all encrypted", f"a: {TOKEN}\n{_BARE}"),
    row("empty values", f"a: {TOKEN}\nb: ''\nc: null\nd: {{}}\ne: []\n{_BARE}"),
    row("marked as clear", f"a: {TOKEN}\nb_unencrypted: c\n{_BARE}"),
    row("below what is marked", f"a_unencrypted: {{b: [c]}}\n{_BARE}"),
    row("not covered by a suffix", f"a_secret: {TOKEN}\nb: c\n{_by('encrypted_suffix: _secret')}"),
    row("not covered by an expression", f"kind: X\na: b\n{STANZA}"),
    row("left by a comment", f"# x\na: b\n{_by('unencrypted_comment_regex: x')}"),
    row("not named by a comment", f"a: b\n{_by('encrypted_comment_regex: x')}"),
    row("expression that cannot be judged", f"a: b\n{_by('encrypted_regex: (')}"),
    row("reference", f"a: ${{X}}\n{_BARE}"),
    row("empty stanza", "a: b\nsops: {}\n"),
    row("stanza of nobody", f"a: b\nsops: {{mac: '{TOKEN}', age: []}}\n"),
    row("stanza in another document", f"a: {TOKEN}\n{_BARE}---\na: b\n"),
    row("stanza in a comment", "a: b\n# " + _BARE.replace("\n", "\n# ") + "\n"),
    row("binary file", json.dumps({"data": TOKEN, "sops": {"mac": TOKEN, "pgp": [{"enc": "x"}]}})),
    row("variables", _ENV + "B=\nC_unencrypted=x\n# D=x\n"),
    row("end of base64", _ENV + "aHVudGVyMg==\n"),
    row("variables without a key", f"A=b\nsops_mac={TOKEN}\n"),
    row("INI", _INI),
    row("SopsSecret", "apiVersion: isindir.github.com/v1alpha3\nkind: SopsSecret\nspec:\n"
        f"  secretTemplates: [{{name: y, stringData: {{a: '{TOKEN}'}}}}]\n"
        + STANZA.replace("data|", "secretTemplates|")),
    row("SopsSecret of the other operator", "apiVersion: craftypath.github.io/v1alpha1\n"
        f"kind: SopsSecret\nspec: {{stringData: {{a: '{TOKEN}'}}}}\n{STANZA}"),
    row("SopsSecret of another group",
        "apiVersion: x.io/v1\nkind: SopsSecret\nspec:\n  stringData: {a: b}\n"),
    row("rules of the repository", "creation_rules:\n- encrypted_regex: ^data$\n  age: age1x\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_value_left_clear_is_found(case: Row) -> None:
    """Each value that SOPS should have encrypted is a finding."""
    assert found(case.data) == [("SH021", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_encrypted_document_passes(case: Row) -> None:
    """What is encrypted, or was never to be, passes."""
    assert found(case.data) == []


def test_scan_value_of_a_secret_is_one_finding() -> None:
    """A clear value of a partly encrypted Secret is reported as a value of a Secret."""
    text = f"kind: Secret\ndata: {{a: '{TOKEN}', b: YQ==}}\n{STANZA}"
    assert found(text.encode()) == [("SH001", "b")]


def test_finding_points_to_the_value() -> None:
    """A pointer leads to it through lists and mappings."""
    (finding,) = findings(f"a: {{b: [x_y, {{c: clear}}]}}\n{_by('encrypted_regex: ^c$')}".encode())
    assert finding.pointer == "/1/a/b/1/c"
