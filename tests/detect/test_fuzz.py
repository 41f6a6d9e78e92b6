"""Damaged files: nothing raises, nothing is shown, and a Secret is not hidden by what surrounds it.

`test_generated.py` draws whole manifests; here files of every kind are taken and broken.
"""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sealer.detect import scan
from sealer.detect.finding import Scan
from sealer.detect.rules import RULES, Severity
from tests.detect.seeds import CANARY, MARKS, SEEDS

_PART = 6
_SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: hunter2}\n"
FRAGMENTS = st.sampled_from(MARKS)
CUTS = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 40), FRAGMENTS | st.just(""))
PATHS = st.sampled_from(
    ["a.yaml", "README.md", "a.ipynb", "main.tf", "a.sh", "Makefile", "a.go", "a.json", "a.jsonnet",
     "kustomization.yaml", "templates/a.yaml", "values.yaml", ".sealer.yaml", "a", "a.env", "a.bin"]
)  # fmt: skip


def _assert_sane(answer: Scan, data: bytes) -> None:
    lines = data.count(b"\n") + data.count(b"\r") + data.count(b"\xc2\x85") + data.count(b"\xe2")
    places = [(each.line, each.column) for each in answer.findings]
    places += [(each.line, each.column) for each in answer.undecided]
    assert all(1 <= line <= lines + 1 and column >= 1 for line, column in places)
    for finding in answer.findings:
        assert finding.rule in RULES
        assert finding.severity in (Severity.BLOCK, Severity.WARN)
        assert finding.length >= 0
        assert finding.pointer.startswith("/")
        assert all(text.isprintable() for text in (finding.key, finding.pointer, finding.name))
    pointers = [(finding.rule, finding.pointer) for finding in answer.findings]
    assert len(pointers) == len(set(pointers))
    shown = repr(answer)
    assert not any(CANARY[at : at + _PART] in shown for at in range(len(CANARY) - _PART + 1))


def _cut(text: str, cuts: list[tuple[float, int, str]]) -> str:
    """Return a text in which pieces are replaced by others."""
    for place, length, instead in cuts:
        start = int(place * (len(text) + 1))
        text = text[:start] + instead + text[start + length :]
    return text


@given(st.sampled_from(sorted(SEEDS)), st.lists(CUTS, max_size=5), PATHS, st.binary(max_size=3))
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_scan_damaged_file_is_answered(
    seed: str, cuts: list[tuple[float, int, str]], path: str, tail: bytes
) -> None:
    """No damage raises, misplaces a finding, gives two of them one name, or shows a value."""
    data = _cut(SEEDS[seed], cuts).encode() + tail
    answer = scan(path, data)
    _assert_sane(answer, data)
    assert scan(path, data) == answer


@pytest.mark.parametrize("blank", ["\f", "\v", " ", "\\n"])
def test_scan_base64_that_cannot_be_decoded_is_answered(blank: str) -> None:
    """What looks like base64 and is none is looked into once."""
    text = f"AgAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA{blank * 99}AAAAA=\n"
    assert scan("a.yaml", text.encode()) == Scan()


@given(st.sampled_from(sorted(SEEDS)), st.sampled_from(sorted(SEEDS)), st.lists(CUTS, max_size=2))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_scan_files_in_one_another_are_answered(
    outer: str, inner: str, cuts: list[tuple[float, int, str]]
) -> None:
    """Nor does one file in the middle of another."""
    half = len(SEEDS[outer]) // 2
    text = SEEDS[outer][:half] + _cut(SEEDS[inner], cuts) + SEEDS[outer][half:]
    for path in ("a.yaml", "a.md"):
        _assert_sane(scan(path, text.encode()), text.encode())


# Those whose text is read even where it does not parse.
_READ_AS_TEXT = sorted(
    SEEDS.keys()
    - {"copy", "unsealed", "sops", "sealed", "notebook", "pem", "patch", "merge", "kubeconfig"}
)


@pytest.mark.parametrize("seed", _READ_AS_TEXT)
def test_scan_cut_file_is_never_clean(seed: str) -> None:
    """A file that breaks off anywhere behind its first value still holds it."""
    text = SEEDS[seed]
    path = {"fence": "a.md", "terraform": "a.tf", "program": "a.js"}.get(seed, "a.yaml")
    assert scan(path, text.encode()).findings
    first = min(at for at in _ends_of_values(text) if at > 0)
    for end in range(first, len(text)):
        answer = scan(path, text[:end].encode())
        assert answer.findings or answer.undecided, text[:end]


def _ends_of_values(text: str) -> list[int]:
    values = (CANARY, "Wn", "AAECAwQFBgc")  # in clear, in base64, and the body of the private key
    return [text.find(value) + len(CANARY) for value in values if value in text]


@given(
    junk=st.lists(FRAGMENTS | st.text(max_size=8), max_size=8).map("".join),
    is_before=st.booleans(),
)
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@example(junk="{", is_before=True)
@example(junk='resource "kubernetes_secret" "a" {\n', is_before=True)
@example(junk="'", is_before=True)
@example(junk="<<EOF\n", is_before=True)
@example(junk="```\n", is_before=True)
def test_scan_secret_beside_anything_is_never_clean(junk: str, *, is_before: bool) -> None:
    """Documents stand alone: what stands in one hides nothing in another."""
    text = f"{junk}\n---\n{_SECRET}" if is_before else f"{_SECRET}---\n{junk}\n"
    answer = scan("a.yaml", text.encode(errors="surrogatepass"))
    assert answer.findings or answer.undecided


@given(
    seed=st.sampled_from(["block", "flow", "json", "list", "string", "generator", "patch"]),
    encoding=st.sampled_from(["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]),
    is_crlf=st.booleans(),
)
def test_scan_encoding_changes_nothing(seed: str, encoding: str, *, is_crlf: bool) -> None:
    """A file says the same in every encoding and with every line end."""
    text = SEEDS[seed].replace("\n", "\r\n") if is_crlf else SEEDS[seed]
    told = [(each.rule, each.line, each.key) for each in scan("a", SEEDS[seed].encode()).findings]
    assert told
    answer = scan("a", text.encode(encoding))
    assert [(each.rule, each.line, each.key) for each in answer.findings] == told
