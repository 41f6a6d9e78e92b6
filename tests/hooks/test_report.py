"""The report: one line per finding that nothing can forge, and a command that can be pasted."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.detect import scan
from sealer.detect.rules import FAULTY_ALLOW
from sealer_hooks.report.jsonreport import as_json
from sealer_hooks.report.paths import printable, shell_quoted
from sealer_hooks.report.text import as_text, summary
from sealer_hooks.verdict import Allowed, Verdict

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


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.yaml", "write above or behind the value: # sealer:allow SH001 REASON"),
        ("a.ts", "write above or behind the value: // sealer:allow SH001 REASON"),
        ("a.JSON", "list SH001 and the reason under hook.allow in .sealer.yaml"),
    ],
)
def test_as_text_way_to_let_a_finding_pass_fits_the_file(path: str, expected: str) -> None:
    """A file that can hold no comment is not told to hold one."""
    *_, line = as_text(_verdict(path, "kind: Secret\nstringData: {a: xy}\n"))
    assert line == f"  if it is no secret: {expected}"


def test_as_text_comment_about_a_comment_is_not_advised() -> None:
    """What is wrong with a comment is not let pass by another one."""
    verdict = _verdict("a.yaml", "kind: Secret\nstringData: {a: xy}\n")
    verdict.findings = [each._replace(rule=FAULTY_ALLOW.id) for each in verdict.findings]
    assert not [line for line in as_text(verdict) if "if it is no secret" in line]


def test_as_text_several_rules_are_not_given_as_one() -> None:
    """Each comment is for one rule."""
    text = "kind: Secret\nstringData: {a: xy}\n---\nkind: SealedSecret\nspec: {data: {b: xyz}}\n"
    *_, line = as_text(_verdict("a.yaml", text))
    assert line.endswith("# sealer:allow RULE REASON")


def test_as_text_detail_says_what_exactly_is_wrong() -> None:
    """Where a rule's reason leaves that open."""
    verdict = _verdict("a.yaml", "kind: Secret\nstringData: {a: xy}\n")
    verdict.findings = [each._replace(detail="two of them") for each in verdict.findings]
    first, *_ = as_text(verdict)
    assert first.endswith("anyone can read this value of a Secret: two of them (2 bytes)")


def test_as_text_finding_without_length_says_none() -> None:
    """What is wrong may be no value: a comment, a pin."""
    verdict = _verdict("a.yaml", "kind: Secret\nstringData: {a: xy}\n")
    verdict.findings = [each._replace(length=0) for each in verdict.findings]
    first, *_ = as_text(verdict)
    assert first.endswith("anyone can read this value of a Secret")


def test_summary_of_warnings_says_that_nothing_is_refused() -> None:
    """Whoever reads that there are findings wants to know whether the commit was made."""
    text = "kind: Secret\nstringData: {a: xy}\n"
    (line,) = summary(_verdict("a.md", text))
    assert line.endswith("1 finding in 1 file, only warnings; nothing is refused.")
    verdict = _verdict("a.md", text)
    verdict.undecided.append(("b", 0, 0, "cannot be read"))
    line, _ = summary(verdict)
    assert line.endswith("1 finding in 1 file, only warnings.")
    assert next(summary(_verdict("a.yaml", text))).endswith("1 finding in 1 file.")


def test_summary_says_what_sealing_needs_and_where_rules_are_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody who never heard of sealing can act on it, under the framework as well."""
    monkeypatch.delenv("PRE_COMMIT", raising=False)
    verdict = _verdict("a.yaml", "kind: Secret\nstringData: {a: xy}\n")
    plain = "\n".join(summary(verdict))
    assert "--cert FILE" in plain
    assert "repository that sealer was installed from" in plain
    assert "pre-commit" not in plain
    monkeypatch.setenv("PRE_COMMIT", "1")
    framed = "\n".join(summary(verdict))
    assert "pre-commit run sealer-hook-fix --hook-stage manual --files FILE" in framed
    assert ".pre-commit-config.yaml" in framed


def test_summary_speaks_of_certificates_only_where_something_is_to_be_sealed() -> None:
    """A key is kept elsewhere, and not sealed."""
    verdict = _verdict(
        "a.yaml", "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SWRYDWG\n"
    )
    assert verdict.findings
    assert "certificate" not in "\n".join(summary(verdict))


def test_summary_counts_what_is_allowed() -> None:
    """Nobody overlooks that something passes."""
    verdict = _verdict("a.yaml", "kind: Secret\nstringData: {a: xy}\n")
    verdict.allowed = [Allowed(verdict.findings.pop(), "baseline")]
    assert list(summary(verdict)) == ["sealer-hook: 1 finding allowed; --show-allowed lists them."]
    *_, last = as_text(verdict, show_allowed=True)
    assert last == "  allowed by baseline"


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
