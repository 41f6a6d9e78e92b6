"""No output in any format holds a value, its base64, or any part of either."""

import base64
import json
from pathlib import Path

import pytest

from sealer.detect import scan
from sealer.detect.rules import RULES
from sealer_hooks.main import main
from tests.hooks.repository import Repository

# No part of them is a word that a report could hold by itself. The first can be no key; the second
# can, so that it stands only where a value stands.
SYMBOLS, WORD = "Zq7!xW9@kV3#pR5$", "Zq7xW9kV3pR5mT2c"
PART = 6

_KEY = "metadata: {labels: {sealedsecrets.bitnami.com/sealed-secrets-key: active}}\n"
_HEAD = "kind: Secret\nmetadata: {name: db}\n"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _cases(canary: str) -> list[tuple[str, str]]:
    """Return files that hold the canary where a value stands, each with a rule it is found by."""
    encoded = _encoded(canary)
    quoted = json.dumps(canary)
    copy = json.dumps({"kind": "Secret", "data": {"a": encoded}, "stringData": {"b": canary}})
    return [
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


def _cases_with_keys(canary: str) -> list[tuple[str, str]]:
    """Return files that hold the canary where a key stands."""
    quoted = json.dumps(canary)
    return [
        ("SH001", f"{_HEAD}stringData: {{{quoted}: {quoted}}}\n"),
        ("SH001", f"kind: SealedSecret\ndata: {{{quoted}: {quoted}}}\n"),
        ("SH005", f"{_HEAD}stringData:\n\t{canary}\n\t{quoted}: x\n\t- {canary}: {canary}\n"),
        ("SH005", f"{{kind: Secret, stringData: {{{canary}: {canary}, {quoted}: {quoted}"),
    ]


CASES = [*_cases(SYMBOLS), *_cases(WORD), *_cases_with_keys(SYMBOLS)]
TEXTS = [text for _, text in CASES]


def _assert_clean(output: str) -> None:
    for canary in (SYMBOLS, WORD):
        for secret in (canary, _encoded(canary), _encoded(_encoded(canary))):
            for at in range(len(secret) - PART + 1):
                assert secret[at : at + PART] not in output


def test_canary_cases_reach_every_rule() -> None:
    """A rule without a case would be a rule without this proof."""
    for rule, text in CASES:
        assert rule in {finding.rule for finding in scan("a", text.encode()).findings}, text
    assert {rule for rule, _ in CASES} == set(RULES)


@pytest.mark.parametrize("output", ["text", "json", "verbose"])
@pytest.mark.parametrize("text", TEXTS)
def test_report_holds_no_part_of_a_value(
    text: str,
    output: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Not in a report on files, whatever the format."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(text)
    options = ["--verbose"] if output == "verbose" else ["--format", output]
    assert main([*options, "a.yaml"]) in (1, 2)
    shown = capfd.readouterr()
    assert shown.out
    _assert_clean(shown.out + shown.err)


@pytest.mark.parametrize("options", [["--format=json"], ["--verbose"]])
def test_report_on_the_index_holds_no_part_of_a_value(
    repository: Repository, capfd: pytest.CaptureFixture[str], options: list[str]
) -> None:
    """Nor in one on staged files, all at once."""
    for number, text in enumerate(TEXTS):
        repository.write(f"f{number}.yaml", text)
    assert main(["--staged", *options]) == 2
    shown = capfd.readouterr()
    assert shown.out
    _assert_clean(shown.out + shown.err)


@pytest.mark.parametrize("text", TEXTS)
def test_findings_hold_no_part_of_a_value(text: str) -> None:
    """Not even where a debugger or a log would look."""
    _assert_clean(repr(scan("a.yaml", text.encode())))
