"""Manifests are cut, parsed and located exactly; what readers disagree about is refused."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.documents import Mapping, Scalar, Stream, read_stream
from sealer.documents.emit import emit_by_library, emit_json, emit_yaml
from sealer.documents.nodes import plain, walk
from sealer.errors import DocumentError, SealerError

TEXTS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\x85\u2028\u2029\ufeff"),
    max_size=12,
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXTS, children, max_size=3),
    max_leaves=12,
)


def _values(data: bytes) -> list[Any]:
    stream = read_stream(data)
    result = []
    for document in stream.documents:
        assert document.error is None, document.error
        assert document.root is not None
        result.append(plain(document.root))
    return result


def _error(data: bytes) -> DocumentError:
    (error,) = [d.error for d in read_stream(data).documents if d.error is not None]
    return error


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b"", []),
        (b"# only a comment\n", []),
        (b"---\n---\na: 1\n---\n# nothing\n---\n", [{"a": 1}]),
        (b"a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        (b"a: 1\r\n---\r\nb: 2\r\n", [{"a": 1}, {"b": 2}]),
        (b"a: 1\n...\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        (b"%YAML 1.1\n---\na: 1\n", [{"a": 1}]),
        (b"# c\n\n--- # same line\na: 1\n", [{"a": 1}]),
        (b"--- {a: 1}\n--- text\n", [{"a": 1}, "text"]),
        (b"a: |\n  ---\n  x\n", [{"a": "---\nx\n"}]),
        (b"a: '\n  --- x\n  '\n", [{"a": " --- x "}]),
        (b'{"a": 1}{"b": [true, null, "x"]}\n', [{"a": 1}, {"b": [True, None, "x"]}]),
        (b'{"a":\t"\\ud83d\\ude00\\/"}', [{"a": "\U0001f600/"}]),
        (b'---\n{"a": 1}\n---\nb: 2\n', [{"a": 1}, {"b": 2}]),
        (b"{a: 1, b: [x, z]}\n", [{"a": 1, "b": ["x", "z"]}]),
        (b"- &a [1, 2]\n- *a\n", [[[1, 2], [1, 2]]]),
        (b"a: &x {b: 1}\nd:\n  <<: *x\n  c: 3\n", [{"a": {"b": 1}, "d": {"b": 1, "c": 3}}]),
        (b"d:\n  <<: {b: 1, c: 1}\n  b: 2\n", [{"d": {"b": 2, "c": 1}}]),
        (b"d:\n  c: 3\n  <<: {b: 1}\n", [{"d": {"c": 3, "b": 1}}]),
        (b"a:\n  <<: [{x: 1, w: 1}, {x: 2, z: 2}]\n", [{"a": {"x": 1, "w": 1, "z": 2}}]),
    ],
)  # fmt: skip
def test_read_stream_gives_the_documents_that_hold_anything(data: bytes, values: list[Any]) -> None:
    """Empty documents vanish, all others are there, in order."""
    assert _values(data) == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True), ("n", False), ("on", True), ("Off", False), ("~", None), ("", None),
        ("null", None), ("NULL", None), ("017", 15), ("0o17", 15), ("0x10", 16), ("0b11", 3),
        ("1_000", 1000), ("+1", 1), ("-0x10", -16), ("1.50", 1.5), ("1e3", 1000.0), ("0", 0),
        ("0123456789", 123456789.0), ("12345678901234567890", 12345678901234567890),
        ("1:30", "1:30"), ("2024-01-02", "2024-01-02"), ("0x", "0x"), ("1__", 1), ("._1", "._1"),
        ("'yes'", "yes"), ('"017"', "017"), ("!!str 12", "12"), ("!!int '12'", 12),
        ("!!float 1", 1.0), ("!!binary aGk=", "hi"), ("!custom 12", "12"), ("! 12", "12"),
        ("true", True), ("tRUE", "tRUE"), ("nan", "nan"), (".inf", float("inf")), ("e3", "e3"),
        ("9" * 5000, "9" * 5000),
    ],
)  # fmt: skip
def test_scalar_value_is_what_kubernetes_reads(text: str, value: object) -> None:
    """Bare scalars follow Go's yaml.v2, quoted ones are text."""
    (document,) = _values(f"k: {text}\n".encode())
    assert document["k"] == value
    assert type(document["k"]) is type(value)


@pytest.mark.parametrize(
    ("key", "name"),
    [("y", "true"), ("12", "12"), ("1.0", "1"), ("1.5", "1.5"), ("'on'", "on"), ("017", "15"),
     ("1e6", "1e+06"), ("0.00001", "1e-05"), (".nan", "NaN"), ("-.inf", "-Inf")],
)  # fmt: skip
def test_mapping_key_is_named_as_in_json(key: str, name: str) -> None:
    """Keys that are no strings become the strings that Kubernetes makes of them."""
    assert _values(f"{key}: v\n".encode()) == [{name: "v"}]


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        (b"ok: 1\n---\na: [1\n---\nb: 2\n", 4, 1, "expected"),
        (b"c: ok\nc: 1\n", 2, 1, "stands twice"),
        (b"yes: 1\n'true': 2\n", 2, 1, "stands twice"),
        (b"a:\n  b: {x: 1, x: 2}\n", 2, 13, "stands twice"),
        (b'{"a": 1, "a": 2}', 1, 10, "stands twice"),
        (b'{"a": 1} x', 1, 10, "JSON value"),
        (b'{"a": 1 "b": 2}', 1, 9, "',' or '}'"),
        (b"a: &a [*a]\n", 1, 8, "alias"),
        (b"a: *nowhere\n", 1, 4, "alias"),
        (b"? [x]\n: y\n", 1, 3, "key must be a string"),
        (b"~: y\n", 1, 1, "null is no key"),
        (b"a: !!int x\n", 1, 4, "not int"),
        (b"<<: 1\n", 1, 1, "merge key"),
        (b"a: own\n<<: {a: merged}\n", 2, 1, "readers disagree"),
        (b"<<: {a: 1}\n<<: {b: 2}\n", 2, 1, "'<<' stands twice"),
        (b"a: 1\x00\n", 1, 5, "control character"),
        (b"a: \x07\n", 1, 4, "control character"),
    ],
)
def test_read_stream_fault_is_located(data: bytes, line: int, column: int, words: str) -> None:
    """Every fault has its line and column, and the other documents are still there."""
    error = _error(data)
    assert (error.where.line, error.where.column) == (line, column)
    assert words in error.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"metadata:\n  name: {{ .Release.Name }}\n", "template"),
        (b"{{- if .x }}\na: 1\n{{ end }}\n", "template"),
        (b"a:\n\tb: 1\n", "spaces, never with tabs"),
    ],
)
def test_read_stream_fault_hints_at_its_cause(data: bytes, words: str) -> None:
    """Templates and tabs are what people stumble over; the hint names them."""
    assert words in _error(data).hint


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]
)
def test_read_stream_any_unicode_encoding_is_read_and_written_back(encoding: str) -> None:
    """UTF-16 and UTF-32 are read with and without a mark, and come back byte for byte."""
    data = "kind: Secret\nname: 'Zoë 🔑'\n".encode(encoding)
    assert _values(data) == [{"kind": "Secret", "name": "Zoë 🔑"}]
    source = read_stream(data).source
    assert source.encode(source.text) == data


def test_read_stream_other_encoding_is_located() -> None:
    """Latin-1 is refused where it begins to differ."""
    with pytest.raises(DocumentError, match="not UTF-8 text") as caught:
        read_stream(b"a: 1\nb: caf\xe9\n")
    assert (caught.value.where.line, caught.value.where.column) == (2, 7)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"{" * 100_000,
        b'{"a":' * 100_000,
        b"a: " + b"[" * 100_000,
        b"- " * 100_000,
        b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + b"".join(
            b"%c: &%c [%b]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 10))
            for i in range(12)
        ),
    ],
    ids=["brackets", "braces", "json", "nested-flow", "nested-block", "aliases"],
)
def test_read_stream_bomb_is_refused_in_bounded_work(data: bytes) -> None:
    """Depth and size are bounded before anything is built (T23)."""
    assert any(
        words in _error(data).message for words in ("levels deep", "nodes", "expected", "value")
    )


@given(st.binary(max_size=300))
def test_read_stream_any_bytes_give_documents_or_our_error(data: bytes) -> None:
    """No foreign exception leaves the reader."""
    try:
        stream = read_stream(data)
        for document in stream.documents:
            if document.error is None and document.root is not None:
                plain(document.root)
    except SealerError:
        return


@given(st.text(alphabet="ab:-?[]{}&*!|>'\"#% \n\t,<", max_size=60))
def test_read_stream_any_yaml_like_text_gives_documents_or_our_error(text: str) -> None:
    """The same for text that is nearly YAML."""
    for document in read_stream(text.encode()).documents:
        if document.error is None and document.root is not None:
            plain(document.root)


@given(st.lists(VALUES, max_size=4))
def test_read_stream_concatenated_json_gives_every_value(values: list[Any]) -> None:
    """JSON of any shape is read as Python's own reader does, with or without separators."""
    wrapped = [{"v": value} for value in values]
    text = "".join(json.dumps(value) for value in wrapped)
    assert _values(text.encode()) == wrapped
    assert _values("\n---\n".join(json.dumps(v) for v in wrapped).encode()) == wrapped


@given(st.dictionaries(TEXTS | st.just("k" * 200), VALUES | st.from_regex(r"[ -~]*"), max_size=5))
def test_emit_yaml_simple_values_are_written_as_the_library_writes_them(value: object) -> None:
    """What is written without the YAML library has the very bytes that the library writes."""
    assert emit_yaml(value) == emit_by_library(value)


@given(VALUES)
def test_emit_yaml_is_read_back_as_the_same_value(value: object) -> None:
    """What is written comes back, whatever the strings look like."""
    assert _values(emit_yaml({"v": value}).encode()) == [{"v": value}]


@given(VALUES, st.integers(1, 6))
def test_emit_yaml_indented_is_read_back_inside_a_list(value: object, indent: int) -> None:
    """Indented text stands inside another document without changing."""
    body = emit_yaml({"v": value}, indent=indent + 1)
    assert _values((" " * (indent - 1) + "- " + body).encode()) == [[{"v": value}]]


@given(VALUES)
def test_emit_json_is_read_back_as_the_same_value(value: object) -> None:
    """JSON too."""
    assert _values(emit_json({"v": value}).encode()) == [{"v": value}]


@pytest.mark.parametrize(
    "text",
    ["yes", "y", "N", "on", "~", "null", "=", "<<", "1_0", "0o7", "017", "1:30", "2024-01-02",
     " lead", "trail ", "", "-", "a: b", "a #b", "1e3", ".5", "+1", "0x1", "NaN", ".inf", "[a"],
)  # fmt: skip
def test_emit_yaml_quotes_what_some_reader_would_misread(text: str) -> None:
    """Every string that is not surely a string stands in quotes."""
    emitted = emit_yaml({"k": text}).strip().removeprefix("k: ")
    assert emitted[0] in "\"'"


def test_emit_yaml_leaves_ciphertext_on_one_plain_line() -> None:
    """Long base64 is neither folded nor quoted: diffs stay readable."""
    text = "AgB" + "x/+" * 400 + "=="
    assert emit_yaml({"k": text}) == f"k: {text}\n"


def test_emit_yaml_json_text_stands_in_single_quotes() -> None:
    """Annotations that hold JSON are read without counting backslashes."""
    text = '{"a b":["\\\\", "#: {}"]}'
    assert emit_yaml({"k": text}) == f"k: '{text}'\n"
    assert emit_yaml({"k": text + "'"}).startswith('k: "{')


def test_emit_yaml_multi_line_text_is_a_block() -> None:
    """A PEM file or a script stays readable."""
    assert emit_yaml({"k": "a\nb\n"}) == "k: |\n  a\n  b\n"


@given(st.lists(st.dictionaries(st.sampled_from("abc"), TEXTS, min_size=1), min_size=1, max_size=4))
def test_read_stream_positions_cut_out_exactly_the_nodes(values: list[dict[str, str]]) -> None:
    """Offsets count characters of the text: what they cut out parses to the node's value."""
    text = "# héllo 🔑\n" + "---\n".join(emit_yaml(value) for value in values)
    stream = read_stream(text.encode())
    _check_cuts(stream)


def test_read_stream_positions_hold_in_crlf_and_flow() -> None:
    """The same for CRLF, flow style, JSON and aliases."""
    for text in (
        "é: 'x'\r\nb: [1, {c: \"d\"}]\r\n",
        '{"é": ["x", {"b": "🔑"}]}',
        "a: &x 1\nb: *x\n",
    ):
        _check_cuts(read_stream(text.encode()))


def _check_cuts(stream: Stream) -> None:
    for document in stream.documents:
        assert document.root is not None
        for node in walk(document.root):
            cut = stream.source.text[node.start : node.end]
            if isinstance(node, Scalar) and node.style not in ("|", ">"):
                assert (_values(f"k: {cut}\n".encode()))[0]["k"] == node.value
            elif isinstance(node, Mapping) and node.flow:
                assert _values(cut.encode()) == [plain(node)]


def test_block_mapping_ends_with_its_last_value() -> None:
    """Comments and blank lines behind a block do not belong to it."""
    stream = read_stream(b"a:\n  b: 1\n\n# comment\n")
    (document,) = stream.documents
    assert isinstance(document.root, Mapping)
    assert stream.source.text[document.root.start : document.root.end] == "a:\n  b: 1"


def test_documents_together_hold_the_whole_text() -> None:
    """Nothing of a stream is lost between its documents."""
    text = '# head\n---\na: 1\n# tail\n---\n{"b": 1} {"c": 2}\n---\nd: 1\n'
    stream = read_stream(text.encode())
    assert "".join(stream.text_of(document) for document in stream.documents) == text
    assert [document.number for document in stream.documents] == [1, 2, 3, 4]


def test_recursion_limit_is_far_from_the_depth_limit() -> None:
    """The deepest document that is accepted can be walked and read."""
    depth = 190
    text = "[" * depth + "]" * depth
    (document,) = read_stream(text.encode()).documents
    assert document.error is None
    assert document.root is not None
    plain(document.root)
    assert sys.getrecursionlimit() > 4 * depth
