"""Generated manifests are always found, damaged ones never pass, and no bytes raise."""

import base64
import json
import textwrap
from collections.abc import Callable

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from sealer.detect import scan
from tests.detect.table import findings

KEYS = st.from_regex(r"[a-zA-Z0-9._-]{1,20}", fullmatch=True).filter(lambda key: key != "<<")
# Printable, and neither blank nor a placeholder.
VALUES = st.text(st.characters(min_codepoint=0x20, exclude_categories=["C", "Z"]), min_size=1).map(
    lambda text: f"x{text}"
)
ITEMS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
KINDS = st.sampled_from(["Secret", "secret", "SECRET"])


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _ascii(text: str) -> str:
    """Return a YAML string in ASCII; JSON's surrogates would be an error in YAML."""
    return '"' + "".join(_text(c)[1:-1] if c.isascii() else f"\\U{ord(c):08x}" for c in text) + '"'


def _escaped(text: str) -> str:
    """Return a string in which ASCII letters are escaped."""
    return '"' + "".join(f"\\u{ord(c):04x}" if c.isascii() else c for c in text) + '"'


def _block(text: str) -> str:
    return "|-\n" + textwrap.indent(text, "      ", lambda _: True)


QUOTES: list[Callable[[str], str]] = [
    _text,
    _ascii,
    _escaped,
    lambda text: "'" + text.replace("'", "''") + "'",
    _block,
    lambda text: "!!str " + _text(text),
    lambda text: "&anchor " + _text(text),
    lambda text: "!!binary " + base64.b64encode(text.encode()).decode(),
]


@st.composite
def block_secrets(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a Secret as block YAML, its entries in any quoting, and the keys of its items."""
    items = draw(ITEMS)
    section = draw(st.sampled_from(["data", "stringData"]))
    lines = []
    for key, value in items.items():
        content = base64.b64encode(value.encode()).decode() if section == "data" else value
        quoted = draw(st.sampled_from(QUOTES[:4]))(key)
        lines.append(f"  {quoted}: {draw(st.sampled_from(QUOTES))(content)}\n")
    parts = [
        "apiVersion: v1\n",
        f"kind: {draw(st.sampled_from(QUOTES[:4]))(draw(KINDS))}\n",
        "metadata: {name: db}\n# note\n\n",
        f"{section}:\n" + "".join(lines),
    ]
    return "".join(draw(st.permutations(parts))), sorted(items)


@st.composite
def json_secrets(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a Secret as JSON, alone or in lists, and the keys of its items."""
    items = draw(ITEMS)
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in items.items()}
    section = draw(st.sampled_from([{"data": encoded}, {"stringData": items}]))
    value: object = {"kind": draw(KINDS), "metadata": {"name": "db"}, **section}
    for wrapper in draw(st.lists(st.sampled_from(["List", "array", "field"]), max_size=3)):
        value = {
            "List": {"kind": "List", "items": [{"kind": "ConfigMap", "data": {"a": "b"}}, value]},
            "array": [value],
            "field": {"spec": {"manifest": value}},
        }[wrapper]
    indent = draw(st.sampled_from([None, 1, "\t"]))
    return json.dumps(value, indent=indent, ensure_ascii=draw(st.booleans())), sorted(items)


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """Draw a file with one Secret among other documents, in any encoding."""
    text, keys = draw(st.one_of(block_secrets(), json_secrets()))
    around = st.sampled_from(["", "kind: ConfigMap\ndata: {a: b}\n", "# only a comment\n", "{]\n"])
    documents = [*draw(st.lists(around, max_size=2)), text, *draw(st.lists(around, max_size=2))]
    whole = "---\n" + "\n---\n".join(documents) + "\n"
    if draw(st.booleans()):
        whole = whole.replace("\n", "\r\n")
    return whole.encode(draw(ENCODINGS)), keys


@given(files())
@settings(max_examples=300)
def test_scan_generated_secret_is_found(case: tuple[bytes, list[str]]) -> None:
    """Style, order, encoding and company hide no item."""
    data, keys = case
    assert sorted(finding.key for finding in findings(data)) == keys


JUNK = st.sampled_from(
    ["\t", "\tx", "{{- if .x }}", "{{ x }}", "<<<<<<< HEAD", "]", "}", "a: b: c", "@x", "`", "- x",
     "x", "'", '"', "%x", "? x", "  - - x", "&a", "*a", "!x", "|", "> x", "\x00", "\x07"]
)  # fmt: skip


@given(st.data(), JUNK)
@settings(max_examples=300)
def test_scan_damaged_secret_is_never_clean(data: st.DataObject, junk: str) -> None:
    """One more line, whatever it is, does not make a Secret pass."""
    lines = ["apiVersion: v1", "kind: Secret", "metadata:", "  name: db", "stringData:"]
    lines += ["  user: admin", "  password: 'hunter2'"]
    place = data.draw(st.integers(0, len(lines)))
    assume(place != 2)  # behind `kind: Secret` it can be valid, and make another kind of it
    depth = data.draw(st.sampled_from(["", "  "]))
    text = "\n".join([*lines[:place], depth + junk, *lines[place:]])
    answer = scan("a.yaml", text.encode())
    assert answer.findings or answer.undecided


@given(st.data())
def test_scan_cut_json_is_never_clean(data: st.DataObject) -> None:
    """A file that breaks off behind its first value still holds it."""
    text = '{"kind": "Secret", "data": {"a": "aHVudGVyMg==", "b": "YQ=="}, "metadata": {}}'
    end = data.draw(st.integers(text.index("=="), len(text)))
    assert scan("a.json", text[:end].encode()).findings


FRAGMENTS = st.lists(
    st.sampled_from(
        ["kind: Secret", "kind: SealedSecret", "data:", "stringData:", "spec:", "encryptedData:",
         "metadata:", "annotations:", "sops:", "items:", "- ", "? ", ": ", "{", "}", "[", "]", ",",
         "&a ", "*a", "<<: ", "!!binary ", "!x ", "|", ">", "'", '"', "\\", "\\u0053", "\n", "\n  ",
         "\n\t", "\r\n", "---\n", "...\n", "# ", "%TAG ! x\n", "{{ .x }}", "{{", "}}", "a: b",
         '"kind":"Secret"', '"data":{', "\x00", "\u2028", "\ud800", "\ufeff", "=======\n", "YQ==",
         "<<EOF\n"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(FRAGMENTS | st.binary(max_size=200).map(lambda data: "kind: Secret data " + str(data)))
@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@example("kind: Secret\ndata: {<<: {a: b}, ? {a: b} : c}\n")
def test_scan_any_text_is_answered(text: str) -> None:
    """Nothing raises, and everything that is found has a place in the file."""
    data = text.encode(errors="surrogatepass")
    answer = scan("a", data)
    for finding in answer.findings:
        assert finding.line >= 1
        assert finding.column >= 1
        assert finding.length >= 1
    assert scan("a", data) == answer


@given(st.binary(max_size=300))
def test_scan_any_bytes_are_answered(data: bytes) -> None:
    """Nothing raises, whatever the pre-filter lets through."""
    scan("a", data)
    scan("a", b"kind: Secret\ndata: !!binary\n" + data)
    scan("a", data + b"\x00kind: Secret\ndata: {a: b}")
