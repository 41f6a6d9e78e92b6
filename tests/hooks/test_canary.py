"""No output in any format holds a value, its base64, or any part of either."""

import base64
import json
from pathlib import Path
from typing import NamedTuple

import pytest

from sealer.detect import scan
from sealer.detect.rules import RULES
from sealer_hooks.arguments import FORMATS
from sealer_hooks.main import main
from tests.hooks.repository import Repository
from tests.support.vectors import KEYS

# No part of them is a word that a report could hold by itself. The first can be no key; the second
# can, so that it stands only where a value stands.
SYMBOLS, WORD = "Zq7!xW9@kV3#pR5$", "Zq7xW9kV3pR5mT2c"
# Even the name of an object, which has no capital letters.
NAME = "zq7xw9kv3pr5mt2c"
PART = 6

# 32 bytes of key, in the form that age writes.
IDENTITY = "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SWRYDWG"


class Case(NamedTuple):
    """A file that holds a canary.

    Attributes:
        rule: What it is found by, among others.
        name: What it is called.
        text: What stands in it.
    """

    rule: str
    name: str
    text: str


_KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
_KEY = "metadata: {labels: {sealedsecrets.bitnami.com/sealed-secrets-key: active}}\n"
_HEAD = "kind: Secret\nmetadata: {name: db}\n"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _cases(canary: str) -> list[Case]:
    """Return files that hold the canary where a value stands, each with a rule it is found by."""
    encoded = _encoded(canary)
    quoted = json.dumps(canary)
    copy = json.dumps({"kind": "Secret", "data": {"a": encoded}, "stringData": {"b": canary}})
    cases = [
        ("SH001", f"{_HEAD}data: {{a: {encoded}}}\nstringData: {{b: {quoted}}}\n"),
        ("SH001", f"{_HEAD}stringData:\n  a: |\n    {canary}: x\n    - {canary}\n"),
        ("SH001", f"{_HEAD}stringData: {quoted}\n"),
        ("SH001", f"{_HEAD}stringData: {{a: {{{quoted}: {quoted}}}}}\n"),
        ("SH001", f"{_HEAD}stringData: [{{{quoted}: {quoted}}}]\n"),
        ("SH001", f"kind: Secret\nmetadata: {{name: {quoted}}}\ndata: {{a: b}}\n"),
        ("SH001", f"{_HEAD}data: {{a: !!binary {_encoded(encoded)}}}\n"),
        ("SH001", f"{_HEAD}stringData: {{a: {quoted}, a: {quoted}}}\n"),
        ("SH001", f'{{"kind":"Secret","data":{{"a":"{encoded}"}},"stringData":{{"b":{quoted}}}}}'),
        ("SH001", f"{_HEAD}stringData: {{a: {quoted}}}\n---\nb: {'[' * 300} # Secret data"),
        ("SH002", f"kind: SealedSecret\nmetadata: {{annotations: {{x: '{copy}'}}}}\n"),
        ("SH003", f"kind: SealedSecret\nspec: {{encryptedData: {{a: {encoded}, b: {quoted}}}}}\n"),
        ("SH003", f"kind: SealedSecret\nspec: {{data: {quoted}}}\n"),
        ("SH004", f"kind: Secret\n{_KEY}data: {{tls.key: {encoded}}}\n"),
        ("SH005", f"{_HEAD}stringData:\n\ta: {canary}\n\tb: {{{{ .x | default {quoted} }}}}\n"),
        ("SH005", f"{_HEAD}stringData:\n\ta: |\n\t{canary}: {canary}\n{canary}\n\t? {canary}\n"),
        ("SH005", f"{_HEAD}stringData:\n\ta: x\n\t\t{canary}: x\n\t\t- {canary}\n"),
        ("SH005", f"kind: Secret\nmetadata:\n\tname: {quoted}\ndata:\n\ta: {encoded}\n"),
        ("SH005", f'{{"kind":"Secret","data":{{"a":"{encoded}","b":{quoted}'),
        ("SH005", f"{{kind: Secret, stringData: {{a: x {canary}: y, b: {canary}"),
    ]
    return [Case(rule, "a.yaml", text) for rule, text in (*cases, *_indirect(canary))] + _elsewhere(
        canary
    )


def _indirect(canary: str) -> list[tuple[str, str]]:
    """Return documents of other kinds that lead to a Secret."""
    encoded, quoted = _encoded(canary), json.dumps(canary)
    copy = json.dumps({"kind": "Secret", "data": {"a": encoded}, "stringData": {"b": canary}})
    certificate = _pem("CERTIFICATE", "MIIB" + _encoded(canary * 4))
    config = "kind: ConfigMap\nmetadata: {name: db}\n"
    patch = f"- op: replace\n      path: /stringData/a\n      value: {quoted}\n"
    patches = f"patches:\n- target: {{kind: Secret}}\n  patch: |-\n    {patch}"
    literals = f"secretGenerator: [{{name: a, literals: [{json.dumps('a=' + canary)}]}}]\n"
    template = "{{ x }}\nsecretGenerator:\n- name: a\n  literals: "
    user = f"{{name: a, user: {{token: {quoted}, password: {quoted}}}}}"
    operator = "apiVersion: isindir.github.com/v1alpha3\nkind: SopsSecret\n"
    templates = f"[{{name: a, stringData: {{a: {quoted}}}}}]"
    comment = f"# sealer:allow SH001 {canary}"
    return [
        ("SH006", f"{config}data: {{a: '{copy}'}}\n"),
        ("SH006", f"{config}binaryData: {{a: {_encoded(copy)}}}\n"),
        ("SH006", f"{config}data:\n  a: |\n    kind: Secret\n    stringData: {{a: {quoted}}}\n"),
        ("SH007", f"{_KUSTOMIZATION}{patches}"),
        ("SH008", f"kind: SealedSecret\nspec: {{template: {{data: {{a: {quoted}}}}}}}\n"),
        ("SH009", f"{_HEAD}stringData: {{a: {json.dumps(certificate)}}}\n"),
        ("SH015", f"# kind: Secret\n# stringData:\n#   a: {canary}\nkind: ConfigMap\n"),
        ("SH016", f"{_KUSTOMIZATION}{literals}"),
        ("SH016", f'{template}["a=${{X}},{canary}=x"]\n'),
        ("SH016", f"{template}[a=${{X}}, 'a=${{X}},{canary}=x\n"),
        ("SH018", _pem("PRIVATE KEY", _encoded(canary * 4))),
        ("SH020", f"apiVersion: v1\nkind: Config\nclusters: []\nusers: [{user}]\n"),
        ("SH021", f"{operator}spec: {{secretTemplates: {templates}}}\n"),
        ("SH024", f"a: b # sealer:allow {canary}\nc: d {comment} until={canary}\n"),
        ("SH024", f"{_HEAD}stringData:\n  a: {quoted} {comment}\n  b: {quoted} # sealer:allow\n"),
    ]


def _pem(label: str, body: str) -> str:
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n"


def _elsewhere(canary: str) -> list[Case]:
    """Return files of other languages, and those that are told by their names."""
    quoted = json.dumps(canary)
    manifest = f"kind: Secret\nmetadata: {{name: db}}\nstringData:\n  a: {quoted}\n"
    cell = {"cell_type": "code", "source": ["x = \n" + manifest], "outputs": []}
    options = f"--from-literal=a={canary} --docker-password '{canary}'"
    return [
        Case("SH010", "values.yaml", f"auth: {{password: {quoted}}}\n"),
        Case("SH011", "a.md", f"# A\n\n```yaml\n{manifest}```\n"),
        Case("SH012", "a.ipynb", json.dumps({"cells": [cell], "nbformat": 4, "metadata": {}})),
        Case(
            "SH013",
            "a.tf",
            f'resource "kubernetes_secret" "a" {{\n  data = {{\n    a = {quoted}\n  }}\n}}\n',
        ),
        Case("SH014", "a.sh", f"kubectl create secret generic db {options}\n"),
        *_commands(NAME),
        Case(
            "SH017",
            "kustomization.yaml",
            f"{_KUSTOMIZATION}secretGenerator:\n- {{name: a, envs: [a.env]}}\n# {canary}\n",
        ),
        Case("SH019", "keys.txt", f"# {canary}\n{IDENTITY}\n"),
    ]


def _commands(canary: str) -> list[Case]:
    """Return commands that hold the canary where a name could stand, and where a key could."""
    return [
        Case("SH014", "a.sh", f"kubectl create secret {words}\n")
        for words in (
            f"docker-registry --docker-password {canary} reg",
            f"docker-registry --docker-password=x {canary}",
            f"generic --from-literal={_encoded(canary)} db",
            f"generic --from-literal password {canary} --from-literal=a={canary}",
        )
    ]


def _cases_with_keys(canary: str) -> list[Case]:
    """Return files that hold the canary where a key stands."""
    quoted = json.dumps(canary)
    cases = [
        ("SH001", f"{_HEAD}stringData: {{{quoted}: {quoted}}}\n"),
        ("SH003", f"kind: SealedSecret\ndata: {{{quoted}: {quoted}}}\n"),
        ("SH005", f"{_HEAD}stringData:\n\t{canary}\n\t{quoted}: x\n\t- {canary}: {canary}\n"),
        ("SH005", f"{{kind: Secret, stringData: {{{canary}: {canary}, {quoted}: {quoted}"),
    ]
    return [Case(rule, "a.yaml", text) for rule, text in cases]


CASES = [*_cases(SYMBOLS), *_cases(WORD), *_cases_with_keys(SYMBOLS)]
# Rules about a change need a history.
OF_CHANGES = {"SH022", "SH023", "SH025"}


def _assert_clean(output: str) -> None:
    for canary in (SYMBOLS, WORD, NAME):
        for secret in (canary, _encoded(canary), _encoded(_encoded(canary)), IDENTITY):
            for at in range(len(secret) - PART + 1):
                assert secret[at : at + PART] not in output


def _fill(folder: Path, case: Case) -> None:
    """Write a case, the file that one of them names, and a policy that turns all rules on."""
    (folder / case.name).write_text(case.text)
    (folder / "a.env").write_text(f"A={SYMBOLS}\n")
    (folder / ".sealer.yaml").write_text("version: 1\nhook: {rules: {SH010: block}}\n")


def _stage(repository: Repository) -> None:
    """Stage all cases, each in a folder of its own."""
    for number, case in enumerate(CASES):
        repository.write(f"{number}/{case.name}", case.text, add=False)
    repository.git("add", ".")


@pytest.fixture
def folder(repository: Repository) -> Path:
    """Return a folder that has a policy; it is the current one."""
    return repository.folder


def test_canary_cases_reach_every_rule(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A rule without a case would be a rule without this proof."""
    for case in CASES:
        _fill(folder, case)
        main(["--format=json", case.name])
        report = json.loads(capfd.readouterr().out)
        assert case.rule in {finding["rule"] for finding in report["findings"]}, case
    assert {case.rule for case in CASES} | OF_CHANGES == set(RULES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_report_holds_no_part_of_a_value(
    case: Case, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in a report on files, whatever the format, nor in what is said around it."""
    _fill(folder, case)
    for form in FORMATS:
        main(["--verbose", "--format", form, "--show-allowed", case.name])
        shown = capfd.readouterr()
        assert shown.out
        _assert_clean(shown.out + shown.err)


def test_report_on_the_index_holds_no_part_of_a_value(
    repository: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor in one on staged files, all at once."""
    _stage(repository)
    for form in FORMATS:
        assert main(["--staged", "--verbose", "--format", form]) == 2
        shown = capfd.readouterr()
        assert shown.out
        _assert_clean(shown.out + shown.err)


@pytest.mark.parametrize("form", FORMATS)
def test_report_on_a_change_holds_no_part_of_a_value(
    repository: Repository, capfd: pytest.CaptureFixture[str], form: str
) -> None:
    """Nor in one on what a change does to certificates, pins and comments."""
    policy = "version: 1\nclusters: {a: {certificate: a.pem, fingerprint: 'SHA256:%s'}}\n"
    certificate = (KEYS / "peer-a.crt.pem").read_text()
    repository.write(".sealer.yaml", policy % ("A" * 43))
    repository.write("a.pem", "\n")
    repository.commit()
    repository.write(".sealer.yaml", policy % ("B" * 42 + "A"))
    repository.write("a.pem", f"{certificate}{_pem('PRIVATE KEY', _encoded(SYMBOLS * 4))}")
    comment = f"# sealer:allow SH001 {SYMBOLS}"
    repository.write("a.yaml", f"{_HEAD}stringData:\n  a: {json.dumps(SYMBOLS)} {comment}\n")
    repository.commit()
    main(["--from-ref=HEAD~1", "--to-ref=HEAD", "--show-allowed", f"--format={form}"])
    shown = capfd.readouterr()
    assert all(rule in shown.out for rule in OF_CHANGES)
    _assert_clean(shown.out + shown.err)


def test_baseline_holds_no_part_of_a_value(repository: Repository) -> None:
    """It is committed, and names places only."""
    _stage(repository)
    main(["--write-baseline"])
    text = (repository.folder / ".sealer-baseline").read_text()
    assert text
    _assert_clean(text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_findings_hold_no_part_of_a_value(case: Case) -> None:
    """Not even where a debugger or a log would look."""
    _assert_clean(repr(scan(case.name, case.text.encode())))
