"""Comments that let a finding pass: where they may stand, what they must say, what they cover."""

from datetime import date
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sealer.detect import scan
from sealer.detect.allows import Answer, apply_comments
from sealer.detect.reasons import Reasons
from sealer.detect.rules import FAULTY_ALLOW, Severity
from sealer.detect.settings import Settings
from tests.detect.table import SEALED, count_lines

TODAY = date(2026, 6, 15)
HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"
ALLOW = "# sealer:allow SH001 a fixture of the tests"
FENCE = "```yaml\n{}```\n"


class Case(NamedTuple):
    """A file with comments.

    Attributes:
        name: What is special about it.
        text: The file.
        passed: The keys of the findings that pass.
        kept: The keys of those that stand, comments left out.
        faults: What is said about comments.
        path: The file's name.
    """

    name: str
    text: str | bytes
    passed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    path: str = "a.yaml"


NO_RULE = "there is no such rule"
NO_REASON = "it gives no reason"
NO_DAY = "its last day must be one, written until=YYYY-MM-DD"
OVER = "its last day was 2026-06-14"
NOTHING = "there is no such finding on its line, or on the line below"
OTHER = "the finding there is one of SH001"


def _values(*lines: str) -> str:
    return HEAD + "stringData:\n" + "".join(f"  {line}\n" for line in lines)


PLACES = [
    Case("behind the value", _values(f"a: x {ALLOW}"), ("a",)),
    Case("above the value", _values(ALLOW, "a: x"), ("a",)),
    Case("above, indented otherwise", _values("a: x").replace("  a", f"{ALLOW}\n  a"), ("a",)),
    Case("above another comment", _values(ALLOW, "# more words", "a: x"), ("a",)),
    Case("above a blank line", _values(ALLOW, "", "a: x"), (), ("a",), (NOTHING,)),
    Case("below the value", _values("a: x", ALLOW), (), ("a",), (NOTHING,)),
    Case("two lines above", _values(ALLOW, "b: ''", "a: x"), (), ("a",), (NOTHING,)),
    Case("behind the value above", _values(f"b: '' {ALLOW}", "a: x"), (), ("a",), (NOTHING,)),
    Case("at the top of the file", f"{ALLOW}\n" + _values("a: x"), (), ("a",), (NOTHING,)),
    Case(
        "at the section", _values("a: x").replace("Data:", f"Data: {ALLOW}"), (), ("a",), (NOTHING,)
    ),
    Case("beside the key of a value below", _values(f"a: {ALLOW}", "  x"), ("a",)),
    Case("above the key of a value below", _values(ALLOW, "a:", "  x"), ("a",)),
    Case("between key and value", _values("a:", f"  {ALLOW}", "  x"), ("a",)),
    Case("behind a value of two lines", _values('a: "x', f'  y" {ALLOW}'), ("a",)),
    Case("inside a value of two lines", _values('a: "x', f"  {ALLOW}", '  y"'), (), ("a",)),
    Case("in the last line of a value", _values('a: "x', f'  {ALLOW}"', "b: y"), (), ("a", "b")),
    Case("in the head of a block scalar", _values(f"a: | {ALLOW}", "  x"), ("a",)),
    Case("above a block scalar", _values(ALLOW, "a: >-", "  x", "  y"), ("a",)),
    Case("content of a block scalar", _values("a: |", f"  {ALLOW}", "  x"), (), ("a",)),
    Case("content above the next value", _values("a: |", f"  {ALLOW}", "b: x"), (), ("a", "b")),
    Case("in quotes", _values(f'a: "x {ALLOW}"'), (), ("a",)),
    Case("in quotes above", _values(f"b: ' {ALLOW}'", "a: x"), (), ("b", "a")),
    Case("without a blank before it", _values(f"a: x{ALLOW}"), (), ("a",)),
    Case("two slashes in YAML", _values("a: x // sealer:allow SH001 why"), (), ("a",)),
    Case("in tags in YAML", _values("a: x <!-- sealer:allow SH001 why -->"), (), ("a",)),
    Case("with lines of Windows", _values(ALLOW, "a: x").replace("\n", "\r\n"), ("a",)),
    Case("in UTF-16", _values(ALLOW, "a: x").encode("utf-16"), ("a",)),
    Case("in UTF-32", _values(ALLOW, "a: x").encode("utf-32-be"), ("a",)),
    Case("behind a mark", b"\xef\xbb\xbf" + _values(ALLOW, "a: x").encode(), ("a",)),
    Case("in a damaged file", _values(ALLOW, "a: x").encode() + b"# \xe9\n", ("a",)),
    Case(
        "in JSON with comments",
        '{"kind": "Secret",\n"stringData": {"a": "x" // sealer:allow SH005 a fixture\n}}',
        ("a",),
        path="a.json",
    ),
    Case(
        "in a template",
        _values("a: x").replace("  a", "  {{/* sealer:allow SH005 shown only */}}\n  a"),
        ("a",),
    ),
    Case(
        "of a template, in text that parses",
        _values("a: x {{/* sealer:allow SH001 shown only */}}", "b: y"),
        ("a",),
        ("b",),
    ),
    Case(
        "of a template that trims, in text that parses",
        _values("a: x {{- /* sealer:allow SH001 shown only */ -}}"),
        ("a",),
    ),
    Case(
        "of a template, in quotes of text that parses",
        _values("a: 'x {{/* sealer:allow SH001 shown only */}}'"),
        (),
        ("a",),
    ),
    Case(
        "of a template, behind no blank",
        _values("a: x{{/* sealer:allow SH005 shown only */}}", "{{ b }}"),
        ("a",),
    ),
    Case("behind a bracket", HEAD + f"stringData: {{a: x}}{ALLOW}\n", ("a",)),
    Case("behind a comma", HEAD + f"stringData: {{a: x,{ALLOW}\n  b: ''}}\n", ("a",)),
    Case("at the start of a string", f'x = f"{ALLOW} {{a}}"\n', path="a.py"),
    Case(
        "behind a word of a template",
        _values("a: x# sealer:allow SH005 a part of it", "{{ b }}"),
        (),
        ("a",),
    ),
    Case(
        "behind a word of a program",
        f"const a = `\n{_values('a: hunter2// sealer:allow SH005 why')}`\n",
        ("a",),
        path="a.ts",
    ),
    Case(
        "behind a scheme in a program",
        f"const a = `\n{_values('a: http:// sealer:allow SH005 why')}`\n",
        (),
        ("a",),
        path="a.ts",
    ),
    Case(
        "shown to people in a program",
        f"/* write `// sealer:allow SH005 why` */\nconst a = `\n{_values('a: x')}`\n",
        (),
        ("a",),
        path="a.ts",
    ),
    Case(
        "of documentation, in a program",
        f"const a = `\n{_values('/// sealer:allow SH005 why', 'a: x')}`\n",
        ("a",),
        path="a.rs",
    ),
    Case(
        "behind a semicolon of a script",
        "kubectl create secret generic db --from-literal=a=x;# sealer:allow SH014 why\n",
        ("a",),
        path="a.sh",
    ),
    Case("with lines of old Macs", _values(ALLOW, "a: x").replace("\n", "\r"), ("a",)),
    Case(
        "in a template that trims",
        _values("a: x").replace("  a", "  {{- /* sealer:allow SH005 shown only */ -}}\n  a"),
        ("a",),
    ),
    Case(
        "in quotes of a template",
        _values("a: 'x # sealer:allow SH005 why'", "{{ b }}"),
        (),
        ("a",),
    ),
    Case(
        "behind an apostrophe of a template",
        _values("a: it's # sealer:allow SH005 why", "{{ b }}"),
        ("a",),
    ),
    Case(
        "in a program's string",
        f"const a = `\n{_values('a: x # sealer:allow SH005 why')}`\n",
        ("a",),
        path="a.js",
    ),
]


@pytest.mark.parametrize("case", PLACES, ids=lambda case: case.name)
def test_comment_counts_on_the_line_of_the_value_or_above_it(case: Case) -> None:
    """And nowhere else: not as a part of a value, and not in another language's form."""
    _check(case)


WORDS = [
    Case("with a last day", _values(f"a: x {ALLOW} until=2026-06-15"), ("a",)),
    Case(
        "with a day before the words",
        _values("a: x # sealer:allow SH001 until=2027-01-01 x"),
        ("a",),
    ),
    Case("after its last day", _values(f"a: x {ALLOW} until=2026-06-14"), (), ("a",), (OVER,)),
    Case("until no day", _values(f"a: x {ALLOW} until=2026-02-30"), (), ("a",), (NO_DAY,)),
    Case("until nothing", _values(f"a: x {ALLOW} until="), (), ("a",), (NO_DAY,)),
    Case(
        "until two days",
        _values(f"a: x {ALLOW} until=2027-01-01 until=2028-01-01"),
        (),
        ("a",),
        (NO_DAY,),
    ),
    Case("without a reason", _values("a: x # sealer:allow SH001"), (), ("a",), (NO_REASON,)),
    Case(
        "with a day for a reason",
        _values("a: x # sealer:allow SH001 until=2027-01-01"),
        (),
        ("a",),
        (NO_REASON,),
    ),
    Case(
        "with signs for a reason", _values("a: x # sealer:allow SH001 --"), (), ("a",), (NO_REASON,)
    ),
    Case("without a rule", _values("a: x # sealer:allow"), (), ("a",), (NO_RULE,)),
    Case(
        "with a word for a rule", _values("a: x # sealer:allow it please"), (), ("a",), (NO_RULE,)
    ),
    Case("with an unknown rule", _values("a: x # sealer:allow SH999 why"), (), ("a",), (NO_RULE,)),
    Case("with another rule", _values("a: x # sealer:allow SH004 why"), (), ("a",), (OTHER,)),
    Case("with another word", _values("a: x # sealer:allows SH001 why"), (), ("a",)),
    Case("behind other words", _values("a: x # please sealer:allow SH001 why"), (), ("a",)),
    Case("where nothing is found", _values(f"a: '' {ALLOW}"), (), (), (NOTHING,)),
    Case("in a file without Secrets", f"a: x {ALLOW}\n", (), (), (NOTHING,)),
    Case("beside a sealed value", f"a: {SEALED} {ALLOW}\n", (), (), (NOTHING,)),
]


@pytest.mark.parametrize("case", WORDS, ids=lambda case: case.name)
def test_comment_needs_a_rule_and_a_reason_and_a_day_to_come(case: Case) -> None:
    """One that lets nothing pass is told, with what is wrong with it."""
    _check(case)


ONE_EACH = [
    Case("two values on a line", HEAD + f"stringData: {{a: x, b: y}} {ALLOW}\n", ("a",), ("b",)),
    Case("two values below", _values(ALLOW, "a: x", "b: y"), ("a",), ("b",)),
    Case("two comments for two values", _values(ALLOW, "a: x", f"b: y {ALLOW}"), ("a", "b")),
    Case(
        "two comments above two values",
        _values(ALLOW, ALLOW, "a: x", "b: y"),
        ("a",),
        ("b",),
        (NOTHING,),
    ),
    Case(
        "two comments and two values on a line",
        HEAD + f"{ALLOW}\nstringData: {{a: x, b: y}} {ALLOW}\n",
        ("a", "b"),
    ),
    Case("two comments for one value", _values(ALLOW, f"a: x {ALLOW}"), ("a",), (), (NOTHING,)),
    Case(
        "the same value twice",
        _values(ALLOW, "a: x", "a: x"),
        ("a",),
        ("a",),
    ),
]


@pytest.mark.parametrize("case", ONE_EACH, ids=lambda case: case.name)
def test_comment_lets_one_value_pass(case: Case) -> None:
    """Never a whole file, object or line."""
    _check(case)


DOCUMENTS = [
    Case("in a fence", FENCE.format(_values("a: x # sealer:allow SH011 an example")), ("a",)),
    Case(
        "above a fence",
        "<!-- sealer:allow SH011 an example -->\n" + FENCE.format(_values("a: x", "b: y")),
        ("a",),
        ("b",),
    ),
    Case(
        "above a fence and a blank line",
        "Words.\n<!-- sealer:allow SH011 an example -->\n\n" + FENCE.format(_values("a: x")),
        ("a",),
    ),
    Case(
        "above other words",
        "<!-- sealer:allow SH011 an example -->\nWords.\n" + FENCE.format(_values("a: x")),
        (),
        ("a",),
    ),
    Case("only shown", "Write this:\n\n```yaml\na: x # sealer:allow SH999 why\n```\n"),
    Case(
        "wrong in a fence",
        FENCE.format(_values("a: x # sealer:allow SH011")),
        (),
        ("a",),
        (NO_REASON,),
    ),
]


@pytest.mark.parametrize("case", DOCUMENTS, ids=lambda case: case.name)
def test_comment_counts_in_documentation_where_it_is_about_a_finding(case: Case) -> None:
    """In a fence as in the language there, or above it; what only shows a comment is no fault."""
    _check(case._replace(path="docs/a.md"))


INSIDE = "kind: ConfigMap\ndata:\n  # above\n  a.yaml: |\n    kind: Secret\n    stringData:\n"
INNER = "# sealer:allow SH006 shown to people"
EMBEDDED_VALUES = [
    Case("beside the inner value", f"{INSIDE}      a: x {INNER}\n      b: y\n", ("a",), ("b",)),
    Case(
        "above the inner value", f"{INSIDE}      {INNER}\n      a: x\n      b: y\n", ("a",), ("b",)
    ),
    Case(
        "above the string",
        INSIDE.replace("# above", INNER) + "      a: x\n      b: y\n",
        ("a",),
        ("b",),
    ),
    Case(
        "beside the string's key",
        INSIDE.replace("a.yaml: |", f"a.yaml: | {INNER}") + "      a: x\n",
        ("a",),
    ),
    Case(
        "below the string",
        f"{INSIDE}      a: x\n  {INNER}\n  b: |\n    x\n",
        (),
        ("a",),
        (NOTHING,),
    ),
    Case(
        "in another string",
        f"{INSIDE}      a: x\n  b: |\n    {INNER}\n    x\n",
        (),
        ("a",),
    ),
    Case(
        "in a manifest that is commented out",
        "a: b\n# kind: Secret\n# stringData:\n#   # sealer:allow SH015 old\n#   a: x\n",
        ("a",),
    ),
    Case(
        "in a manifest that is commented out by slashes",
        "// kind: Secret\n// stringData:\n//   # sealer:allow SH015 old\n//   a: x\n",
        ("a",),
        path="a.js",
    ),
    Case(
        "above a manifest that is commented out",
        "a: b\n# sealer:allow SH015 old\n# kind: Secret\n# stringData:\n#   a: x\n",
        ("a",),
    ),
]


@pytest.mark.parametrize("case", EMBEDDED_VALUES, ids=lambda case: case.name)
def test_comment_counts_for_a_manifest_in_a_text(case: Case) -> None:
    """Beside the value in it, or beside the text; never across from one text to another."""
    _check(case)


def test_comment_in_a_string_is_about_what_stands_in_that_string() -> None:
    """A text that shows such a comment to people is not told as a fault."""
    text = f"kind: ConfigMap\ndata:\n  a: |\n    x\n    {ALLOW}\n  b: y\n"
    _check(Case("", text))


def test_reason_is_what_the_comment_says() -> None:
    """Without the day, the rule, and the sign that closes the comment."""
    (permit,) = _judged(Case("", _values(f"a: x {ALLOW} until=2026-12-31"))).permits
    assert permit[1:] == ("a fixture of the tests", 5, 8)
    text = FENCE.format(_values("a: x"))
    case = Case("", f"<!-- sealer:allow SH011 an example -->\n{text}", path="a.md")
    assert [each.reason for each in _judged(case).permits] == ["an example"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("a: hunter2", "SH001"),
        ("a: 'hunter2'", "SH001"),
        ("a: 'so hunter2 goes'", "SH001"),
        ("a: hunter2-and-more", "SH001"),
        ("a: HUNTER2", "SH001"),
        ("a: aHVudGVyMg==", "SH001"),
        ("a: YUhWdWRHVnlNZz09", "SH001"),
        ("a: dXNlcjpodW50ZXIyQGRi", "SH001"),
        ("a: hunter2 {{/* x */}}", "SH001"),
        ('a: "hunter2"\n  {{ x }}', "SH005"),
        ("a: hunter2,\n  {{ x }}", "SH005"),
        ('a: "aHVudGVyMg=="\n  {{ x }}', "SH005"),
    ],
)
@pytest.mark.parametrize(
    "reason",
    ["it is hunter2, known to all", "aHVudGVyMg== is known", "begins with HUNT", "hun-ter2"],
)
def test_reason_that_repeats_a_part_of_the_value_is_not_shown(
    line: str, rule: str, reason: str
) -> None:
    """A report never holds a value, its base64 or a part, whoever wrote it down where."""
    text = _values(f"# sealer:allow {rule} {reason}", line)
    assert [each.reason for each in _judged(Case("", text)).permits] == [""]
    first, *others = line.split("\n")
    text = _values(f"{first} # sealer:allow {rule} {reason}", *others)
    assert [each.reason for each in _judged(Case("", text)).permits] == [""]


@pytest.mark.parametrize("value", ["x", "'12'", "eA==", "on"])
def test_reason_that_is_a_short_value_is_not_shown(value: str) -> None:
    """A part of a word is no value, and a word may be one."""
    word = {"'12'": "12", "eA==": "X"}.get(value, value)
    text = HEAD + f"data:\n  a: {value} # sealer:allow SH001 it is {word}\n"
    assert [each.reason for each in _judged(Case("", text)).permits] == [""]
    text = HEAD + f"data:\n  a: {value} # sealer:allow SH001 just known to all people\n"
    assert [each.reason for each in _judged(Case("", text)).permits] == ["just known to all people"]


BLOCK = "\n    so hunter2\n    goes on"
HEREDOC = """\
resource "kubernetes_secret" "a" {
  data = {
    a = <<-E
hunter2 for all
E
  }
}
"""
KEY = "-----BEGIN PRIVATE KEY-----\n" + "hunter2/" * 8 + "\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("a.yaml", _values(f"a: |{BLOCK}", "{{ x }}"), "SH005"),
        ("a.yaml", _values(f"a: >-  # words{BLOCK}", "{{ x }}"), "SH005"),
        ("a.yaml", _values('a: "', "  so hunter2", '  goes on"', "{{ x }}"), "SH005"),
        ("a.tf", HEREDOC, "SH013"),
        ("a.key", KEY, "SH018"),
    ],
)
def test_reason_that_repeats_a_value_of_more_lines_is_not_shown(
    path: str, text: str, rule: str
) -> None:
    """The value may begin on the line below the place that is told, and end on another."""
    data = text.encode()
    (finding,) = scan(path, data).findings
    assert finding.rule == rule
    assert Reasons.of(path, data).shown("it is hunter2, known to all", finding) == ""
    assert Reasons.of(path, data).shown("a private key", finding) == "a private key"


@pytest.mark.parametrize("line", ["a: hunter2", "a: 'hunter2'", "a: aHVudGVyMg==", "a: x  # y"])
def test_reason_may_repeat_what_stands_below_the_value(line: str) -> None:
    """That is no part of it, where all of it is on its line."""
    data = _values(line, "{{ .Values.fixture }}").encode()
    (finding,) = scan("a.yaml", data).findings
    assert Reasons.of("a.yaml", data).shown("a fixture", finding) == "a fixture"


@pytest.mark.parametrize("line", ["a: {}", "a: '{}'", "a: |\n    {}", "a: {} {{{{ x }}}}"])
def test_reasons_are_compared_with_so_much_of_a_file(line: str) -> None:
    """A file cannot keep the hook busy; what is not compared is not shown."""
    data = _values(line.format("x" * 300_000)).encode()
    (finding,) = scan("a.yaml", data).findings
    reasons = Reasons.of("a.yaml", data)
    assert [reasons.shown("why", finding) for _ in range(5)] == ["why"] * 3 + [""] * 2
    many = _values("b: {{ x }}", line.format("x" * 1_100_000)).encode()
    (finding,) = scan("a.yaml", many).findings
    assert Reasons.of("a.yaml", many).shown("why", finding) == ""


def test_reason_for_a_file_that_is_not_read_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it may repeat is unknown."""
    data = (_values("a: x") + "---\n" + _values("b: x")).encode()
    finding, _ = scan("a.yaml", data).findings
    assert Reasons.of("a.yaml", data).shown("words", finding) == "words"
    monkeypatch.setattr("sealer.documents.stream.MAXIMUM_DOCUMENTS", 1)
    assert Reasons.of("a.yaml", data).shown("words", finding) == ""


def test_reason_is_shown_in_part_when_it_is_long() -> None:
    """A report stays readable."""
    (permit,) = _judged(Case("", _values(f"a: x {ALLOW}{' and so on' * 100}"))).permits
    assert len(permit.reason) == 200


@pytest.mark.parametrize("severity", Severity)
def test_faulty_comment_is_as_severe_as_the_settings_say(severity: Severity) -> None:
    """It can be made to block, or left untold."""
    settings = Settings({FAULTY_ALLOW.id: severity})
    data = _values("a: '' # sealer:allow SH001 why").encode()
    kept = apply_comments("a.yaml", data, [], settings, today=TODAY).kept
    assert [each.severity for each in kept] == [severity] * (severity is not Severity.OFF)


def test_comment_for_a_rule_that_is_off_is_no_fault() -> None:
    """Nobody has looked whether it lets something pass."""
    data = _values(f"a: x {ALLOW}", "b: '' # sealer:allow SH010 off unless switched on").encode()
    settings = Settings({"SH001": Severity.OFF})
    assert apply_comments("a.yaml", data, [], settings, today=TODAY) == ([], [])


def test_faulty_comments_are_told_apart() -> None:
    """Each has a place, and a pointer of its own."""
    kept = _judged(Case("", _values("a: '' # sealer:allow", "b: '' # sealer:allow"))).kept
    assert [(each.line, each.column, each.pointer) for each in kept] == [
        (5, 9, "/comment"),
        (6, 9, "/comment#2"),
    ]


def test_comments_beyond_any_honest_number_do_not_count() -> None:
    """A file cannot keep the hook busy; what is not looked at lets nothing pass."""
    text = _values(*(f"k{n}: x {ALLOW}" for n in range(1001)))
    answer = _judged(Case("", text))
    assert len(answer.permits) == 1000
    assert [each.rule for each in answer.kept] == ["SH001", FAULTY_ALLOW.id]
    many = _judged(Case("", f"{ALLOW}\n" * 3000))
    assert len(many.kept) == 100


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_comments_twice_as_many_take_twice_as_long(end: str) -> None:
    """Each line is looked through once, whichever line ends the file has, quoted or not."""

    def steps(count: int) -> int:
        data = f'"{end}{{{{ a{end}'.encode() + f"'a # sealer:allow SH001 x{end}".encode() * count
        return count_lines(lambda: apply_comments("a.yaml", data, [], Settings(), today=TODAY))

    steps(10)  # imports what is imported late
    few, many = steps(200), steps(400)
    assert many < 2.5 * few


LINES = st.lists(
    st.sampled_from(
        (
            *("a: x", "b: y", "c: |", "d: 'x", "y'", "e:", "  x", "- x", "{{ x }}", "", "# x"),
            *(ALLOW, f"f: x {ALLOW}", "# sealer:allow SH001", "---", "kind: Secret"),
            *("```", "<!-- sealer:allow SH011 x -->", "// sealer:allow SH005 x", "stringData:"),
        )
    ),
    max_size=12,
)


@given(LINES, st.sampled_from(("a.yaml", "a.md", "a.js", "a")), st.binary(max_size=2))
@example([], "a.yaml", b"\xff\xfe")
def test_comments_never_add_or_lose_a_finding(lines: list[str], path: str, tail: bytes) -> None:
    """Each passes or stands, and each comment lets one pass, is a fault, or is none of ours."""
    data = "\n".join(["kind: Secret", "stringData:", *(f"  {line}" for line in lines)]).encode()
    data += tail
    findings = scan(path, data).findings
    answer = apply_comments(path, data, findings, Settings(), today=TODAY)
    stays = [each for each in answer.kept if each.rule != FAULTY_ALLOW.id]
    assert sorted([*stays, *(each.finding for each in answer.permits)], key=_place) == sorted(
        findings, key=_place
    )
    count = data.count(b"sealer:allow")
    assert len(answer.permits) + len(answer.kept) - len(stays) <= count


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    """Whatever stands around the comment."""
    apply_comments("a.md", data + ALLOW.encode() + data, [], Settings(), today=TODAY)


def _place(finding: tuple[object, ...]) -> str:
    return str(finding)


def _judged(case: Case) -> Answer:
    data = case.text if isinstance(case.text, bytes) else case.text.encode()
    findings = scan(case.path, data).findings
    return apply_comments(case.path, data, findings, Settings(), today=TODAY)


def _check(case: Case) -> None:
    answer = _judged(case)
    assert tuple(each.finding.key for each in answer.permits) == case.passed
    stays = [each for each in answer.kept if each.rule != FAULTY_ALLOW.id]
    assert tuple(each.key for each in stays) == case.kept
    faults = [each.detail for each in answer.kept if each.rule == FAULTY_ALLOW.id]
    assert tuple(faults) == case.faults
