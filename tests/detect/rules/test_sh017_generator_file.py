"""SH017: files that kustomize makes Secrets of are looked up, and must be encrypted."""

import json
from collections.abc import Sequence

import pytest

from sealer.detect import scan
from sealer.detect.finding import Finding
from sealer.detect.settings import Settings
from tests.detect.table import SEALED, STANZA, TOKEN, Row, name_of, row

_PATH = "apps/shop/kustomization.yaml"
_KEY = "sops_age__list_0__map_enc=-----BEGIN AGE ENCRYPTED FILE-----\\nYWdl\\n"
_SOPS_ENV = f"A={TOKEN}\n{_KEY}\nsops_mac={TOKEN}\nsops_version=3.9.0\n"
_BINARY = json.dumps({"data": TOKEN, "sops": {"mac": TOKEN, "pgp": [{"enc": "x"}]}})
_SEALED_SECRET = f"kind: SealedSecret\nspec: {{encryptedData: {{a: {SEALED}}}}}\n"
_INI = f"[db]\npassword = {TOKEN}\n[sops]\nage__list_0__map_enc = x\nmac = {TOKEN}\n"
_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def _scan(
    data: bytes, source: str = "files: [../x]", name: str = "apps/x"
) -> tuple[Sequence[Finding], list[str]]:
    """Examine a kustomization that names a file, and return which files were looked up."""
    asked: list[str] = []

    def look_up(path: str) -> bytes | None:
        asked.append(path)
        return data if path == name else None

    text = f"secretGenerator:\n- name: db\n  {source}\n"
    answer = scan(_PATH, text.encode(), Settings(lookup=look_up))
    assert answer.undecided == ()
    return answer.findings, asked


VALUES_MUST_FIND = [
    row("text", "hunter2"),
    row("binary", b"\0\1\2\3"),
    row("manifest", "kind: Secret\nstringData: {a: b}\n"),
    row("SealedSecret that is not sealed", "kind: SealedSecret\nspec: {encryptedData: {a: b}}\n"),
    row("SealedSecret beside a Secret", _SEALED_SECRET + "---\nkind: Secret\nstringData: {a: b}\n"),
    row("SealedSecret beside other text", _SEALED_SECRET + "---\na: b\n"),
    row("no stanza", f"a: {TOKEN}\n"),
    row("empty stanza", f"a: {TOKEN}\nsops: {{}}\n"),
    row("stanza in a comment", f"a: {TOKEN}\n# " + STANZA.replace("\n", "\n# ")),
    row("partly encrypted", f"data: {{a: '{TOKEN}', b: c}}\n{STANZA}"),
    row("nothing encrypted", f"a: b\n{STANZA}"),
    row("stanza in another document", f"data: {TOKEN}\n{STANZA}---\na: b\n"),
    row("label of age only", "age-encryption"),
    row("default", "${A:-b}"),
    row("base64 of something short", "aHVudGVyMg=="),
]

VALUES_MUST_PASS = [
    row("nothing", ""),
    row("blanks", " \n"),
    row("reference", "${PASSWORD}\n"),
    row("sealed", SEALED),
    row("SealedSecret", _SEALED_SECRET),
    row("age", b"age-encryption.org/v1\n-> X25519 x\n\xff\xfe"),
    row("age, armoured", "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n"),
    row("git-crypt", b"\0GITCRYPT\0\1\2\3"),
    row("Ansible", "$ANSIBLE_VAULT;1.1;AES256\n3132\n"),
    row("OpenPGP, armoured", "-----BEGIN PGP MESSAGE-----\n\nhQ==\n"),
    row("OpenPGP", b"\x85\x02\x0c\x03\xff\xff"),
    row("OpenPGP with a passphrase", b"\x8c\x0d\x04\x09\x03\x02"),
    row("OpenSSL", b"Salted__\x01\x02"),
    row("SOPS", f"a: {TOKEN}\n{STANZA}".replace("^(data|stringData)$", "^a$")),
    row("SOPS with a rule", f"kind: X\ndata: {{a: '{TOKEN}'}}\n{STANZA}"),
    row("SOPS, JSON", _BINARY),
    row("SOPS, two documents", f"data: {TOKEN}\n{STANZA}---\ndata: {TOKEN}\n{STANZA}"),
    row("SOPS by comment", f"a: {TOKEN}\nb: c\n"
        + STANZA.replace("encrypted_regex: ^(data|stringData)$", "encrypted_comment_regex: x")),
]  # fmt: skip

VARIABLES_MUST_FIND = [
    row("variable", "A=hunter2\n"),
    row("quoted", "A='hunter2'\n"),
    row("exported", "export A=hunter2\n"),
    row("behind comments", "# x\n\nA=\nB=hunter2\n"),
    row("CRLF", "A=\r\nB=c\r\n"),
    row("UTF-16", "A=b\n".encode("utf-16")),
    row("one of two encrypted", _SOPS_ENV + "B=hunter2\n"),
    row("no key", f"A={TOKEN}\nsops_mac={TOKEN}\n"),
    row("no code", f"A={TOKEN}\n{_KEY}"),
    row("token in clear", f"A={TOKEN}\n"),
    row("token that the rule does not cover", f"{_SOPS_ENV}sops_encrypted_regex=^B\n"),
    row("left in clear by rule", f"{_SOPS_ENV}B_unencrypted=c\n"),
]

VARIABLES_MUST_PASS = [
    row("nothing", ""),
    row("comments", "# A=hunter2\n"),
    row("empty", "A=\nB=''\n"),
    row("names only, from the environment", "A\nB\n"),
    row("references", "A=${A}\nB=$(B)\n"),
    row("SOPS", _SOPS_ENV),
    row("SOPS, INI", _INI),
    row(
        "SOPS with groups of keys",
        _SOPS_ENV.replace("sops_age__", "sops_key_groups__list_0__map_age__"),
    ),
    row("SOPS by rule", f"{_SOPS_ENV}sops_encrypted_regex=^A\n"),
    row("git-crypt", b"\0GITCRYPT\0\1\2\3"),
    row("age", "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n"),
    row("Ansible", "$ANSIBLE_VAULT;1.1;AES256\n3132\n"),
    row("mark of a byte order", "\ufeff# A=b\n"),
    row("no variables", "[section]\n; comment\n"),
]


@pytest.mark.parametrize("case", VALUES_MUST_FIND, ids=name_of)
def test_scan_readable_file_is_found(case: Row) -> None:
    """The finding stands where the file is named."""
    ((finding,), _) = _scan(case.data)
    assert (finding.rule, finding.key, finding.line) == ("SH017", "x", 3)
    assert finding.length == len(case.data)


@pytest.mark.parametrize("case", VALUES_MUST_PASS, ids=name_of)
def test_scan_encrypted_or_empty_file_passes(case: Row) -> None:
    """What nobody can read may be committed."""
    assert _scan(case.data) == ((), ["apps/x"])


@pytest.mark.parametrize("case", VARIABLES_MUST_FIND, ids=name_of)
@pytest.mark.parametrize("source", ["envs: [../x]", "env: ../x"])
def test_scan_readable_variables_are_found(case: Row, source: str) -> None:
    """A file of variables is one finding, whatever the number of values."""
    ((finding,), _) = _scan(case.data, source)
    assert (finding.rule, finding.key, finding.name) == ("SH017", "", "db")


@pytest.mark.parametrize("case", VARIABLES_MUST_PASS, ids=name_of)
def test_scan_variables_without_values_pass(case: Row) -> None:
    """Empty values, references and what SOPS has encrypted may be committed."""
    assert _scan(case.data, "envs: [../x]") == ((), ["apps/x"])


def test_tables_are_balanced() -> None:
    """As many files must pass as must be found."""
    assert len(VALUES_MUST_PASS) >= len(VALUES_MUST_FIND)
    assert len(VARIABLES_MUST_PASS) >= len(VARIABLES_MUST_FIND)


@pytest.mark.parametrize(
    ("source", "path", "key"),
    [
        ("files: [x]", "apps/shop/x", "x"),
        ("files: [./a/x.txt]", "apps/shop/a/x.txt", "x.txt"),
        ("files: [k=a/x]", "apps/shop/a/x", "k"),
        ("files: ['../../x=y=z']", "apps/shop/y=z", "../../x"),
        ("envs: [a=b.env]", "apps/shop/a=b.env", ""),
    ],
)
def test_scan_file_is_looked_up_where_kustomize_reads_it(source: str, path: str, key: str) -> None:
    """Names are relative to the kustomization; of `files`, a key may stand before the name."""
    ((finding,), asked) = _scan(b"a=b", source, path)
    assert asked == [path]
    assert finding.key in (key, "?")


@pytest.mark.parametrize(
    "source", ["files: ['https://example.com/x']", "files: ['k=']", "files: ['']", "envs: [null]",
               "files: [{a: b}]"],
)  # fmt: skip
def test_scan_what_names_no_file_of_the_repository_passes(source: str) -> None:
    """An address brings nothing into the repository."""
    assert _scan(b"a=b", source) == ((), [])


def test_scan_file_that_is_not_there_passes() -> None:
    """An ignored file is not brought in by the commit that names it."""
    assert _scan(b"a=b", "files: [ignored.txt]\n  envs: [.env]")[0] == ()


def test_scan_certificate_only_warns() -> None:
    """A public certificate is no reason to refuse, as in a manifest."""
    ((finding,), _) = _scan(_CERTIFICATE.encode())
    assert (finding.rule, finding.severity.value) == ("SH009", "warn")


def test_scan_many_large_files_are_undecided() -> None:
    """A Secret holds a mebibyte; who names more than many of them is not followed for ever."""
    names = "".join(f"  - x{n}\n" for n in range(40))
    text = f"secretGenerator:\n- name: db\n  files:\n{names}"
    asked: list[str] = []

    def look_up(path: str) -> bytes:
        asked.append(path)
        return b"x" * 1024 * 1024

    answer = scan(_PATH, text.encode(), Settings(lookup=look_up))
    assert len(asked) < 40
    assert answer.undecided[0].reason == "the files that this kustomization names are too large"
    assert 0 < len(answer.findings) < 40


def test_scan_file_that_is_named_often_is_looked_up_once() -> None:
    """What is known is not read again."""
    findings, asked = _scan(b"a=b", "files: [../x, k=../x]\n  envs: [../x]")
    assert [each.key for each in findings] == ["x", "k", ""]
    assert asked == ["apps/x", "apps/x"]  # as a value, and as variables


def test_scan_generator_of_config_maps_looks_nothing_up() -> None:
    """What becomes a ConfigMap is meant to be read."""
    text = "configMapGenerator: [{files: [x]}]\nsecretGenerator: []\n"
    settings = Settings(lookup=pytest.fail)
    assert scan(_PATH, text.encode(), settings).findings == ()
