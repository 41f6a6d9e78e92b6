"""The report: one line per finding that nothing can forge, and a command that can be pasted."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.detect import scan
from sealer_hooks.report.jsonreport import as_json
from sealer_hooks.report.paths import printable, shell_quoted
from sealer_hooks.report.text import as_text, summary
from sealer_hooks.verdict import Verdict

PATHS = st.binary(min_size=1, max_size=30).filter(lambda data: b"\0" not in data)


def _verdict(path: str, text: str) -> Verdict:
    verdict = Verdict()
    verdict.findings.extend(scan(path, text.encode()).findings)
    return verdict


def test_as_text_remedy_follows_the_findings_of_a_file_once() -> None:
    """Ten values of one file need one command."""
    text = "kind: Secret\nmetadata: {name: db, namespace: shop}\nstringData: {a: xy, b: z}\n"
    assert list(as_text(_verdict("a.yaml", text))) == [
        "a.yaml:3:17: SH001 shop/db a: anyone can read this value of a Secret (2 bytes)",
        "a.yaml:3:24: SH001 shop/db b: anyone can read this value of a Secret (1 byte)",
        "  fix: sealer seal --in-place a.yaml",
        "  if it is no secret: write above or behind the value: # sealer:allow SH001 REASON",
    ]


def test_as_text_unknown_identity_is_left_out() -> None:
    """What is not known is not made up."""
    *lines, _ = as_text(_verdict("a", "kind: SealedSecret\nspec: {encryptedData: {b: xyz}}\n"))
    assert lines == [
        "a:2:27: SH003 b: this value of a SealedSecret is not sealed (3 bytes)",
        "  fix: replace it with what this prints: sealer value --like a",
    ]


def test_as_text_warning_is_called_one() -> None:
    """Who reads the line knows that the commit passes."""
    (line, _, _) = as_text(_verdict("a.md", "kind: Secret\nstringData: {a: xy}\n"))
    assert line.endswith("(2 bytes, only a warning)")


def test_summary_tells_what_was_left_out() -> None:
    """Nothing is skipped in silence."""
    verdict = Verdict()
    verdict.skipped.append(("big\n.bin", "is larger"))
    assert list(summary(verdict)) == [r"big\n.bin: skipped: is larger"]


@given(PATHS)
def test_printable_any_path_stays_on_its_line(data: bytes) -> None:
    """A name can neither break a line nor move the cursor."""
    path = data.decode(errors="surrogateescape")
    assert printable(path).isprintable()


@given(PATHS)
def test_as_json_any_path_is_valid_unicode(data: bytes) -> None:
    """Readers of JSON refuse lone surrogates."""
    verdict = Verdict()
    verdict.skipped.append((data.decode(errors="surrogateescape"), "x"))
    "".join(as_json(verdict)).encode()


@pytest.mark.parametrize(
    "data",
    [b"a.yaml", b"a b", b"it's", b'"', b"$HOME", b"`x`", b"a\nb", b"\x1b[2J", b"\xff\xfe", b"-n",
     "ключ".encode(), b"\\", b"##[error]", b"!x", b"*", b"a\tb'c\\d"],
)  # fmt: skip
def test_shell_quoted_path_comes_back_whole(data: bytes, tmp_path: Path) -> None:
    """Pasted into a shell, the command names the very file, on one line."""
    quoted = shell_quoted(data.decode(errors="surrogateescape"))
    assert "\n" not in quoted
    result = subprocess.run(
        ["bash", "-c", f"printf %s {quoted}"], capture_output=True, check=True, cwd=tmp_path
    )
    assert result.stdout.removeprefix(b"./") == data
