"""Whatever a file looks like, a change touches its own scalar or line, and means what it should."""

import json
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from sealer.documents import Mapping, read_stream
from sealer.documents.edit import Drop, Put, Rename, edit
from sealer.documents.nodes import plain
from sealer.documents.stream import Stream

ITEMS = ("spec", "encryptedData")
SEALED = st.from_regex(r"AgB[A-Za-z0-9+/]{4,24}={0,2}", fullmatch=True)
ANY_TEXT = st.text("aZ09 -_:#'\"\\{}[]&*!|>%@`,?=~\tä漢🔑\n\x7f\u2028", max_size=12)
KEYS = st.from_regex(r"[a-z][-._a-z0-9]{0,8}|\.?[0-9A-Z][-._a-z0-9]{0,5}", fullmatch=True)
COMMENTS = ("", "", "  # of 'this\n", "\n", "# {a: [\n\n")
TAILS = ("", "", " # it's mine", "\t#x")
OTHERS = (
    "kind: ConfigMap\ndata: &a {x: 1}\nagain: *a\n",
    "# only: a comment\n",
    "- 1\n- {a: b}\n",
    "text: |+\n  a\n\n\n",
)


@dataclass(frozen=True)
class Written:
    """A document as text.

    Attributes:
        text: The document.
        items: What it holds under `spec.encryptedData`.
        spans: Start and end of each item's value, without the quotes' style being known.
    """

    text: str
    items: dict[str, str] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)


class _Pen:
    """Writes a document and notes where its values stand."""

    def __init__(self) -> None:
        self.text = ""
        self.spans: dict[str, tuple[int, int]] = {}

    def write(self, text: str) -> None:
        self.text += text

    def value(self, key: str, text: str) -> None:
        self.spans[key] = (len(self.text), len(self.text) + len(text))
        self.text += text


def _key(draw: st.DrawFn, key: str) -> str:
    quoted = [f"'{key}'", f'"{key}"']
    is_text = key[0].islower() and key not in ("y", "n", "yes", "no", "on", "off", "null", "true")
    return draw(st.sampled_from([key, *quoted] if is_text else quoted))


def _scalar(draw: st.DrawFn, text: str, indent: str) -> str:
    half = len(text) // 2
    styles = [
        text,
        f"'{text}'",
        f'"{text}"',
        f"|-\n{indent}{text}",
        f">-  # c\n{indent}{text}\n\n",
        f'"{text[:half]}\\\n{indent}  {text[half:]}"',
        f"\n{indent}{text}",
        f"&anchor {text}",
    ]
    return draw(st.sampled_from(styles))


@st.composite
def blocks(draw: st.DrawFn) -> Written:
    """Generate a document in block style."""
    items = draw(st.dictionaries(KEYS, SEALED, min_size=1, max_size=4))
    pen = _Pen()
    step = draw(st.sampled_from(["  ", "    ", " "]))
    dash, outer = draw(st.sampled_from([("", ""), ("items:\n- ", "  "), ("items:\n  - ", "    ")]))
    if dash:
        pen.write("kind: List\napiVersion: v1\n")
    pen.write(f"{dash}kind: S\n{outer}spec:\n")
    pen.write(draw(st.sampled_from(["", f"{outer}{step}x: &x {{y: 1}}\n"])))
    pen.write(f"{outer}{step}encryptedData:{draw(st.sampled_from(TAILS))}\n")
    inner = outer + step + step
    for key, text in items.items():
        pen.write(draw(st.sampled_from(COMMENTS)))
        explicit = draw(st.integers(0, 5)) == 0
        pen.write(f"{inner}{'? ' if explicit else ''}{_key(draw, key)}")
        pen.write(f"\n{inner}: " if explicit else draw(st.sampled_from([": ", " :   "])))
        value = _scalar(draw, text, inner + step)
        pen.value(key, value)
        pen.write(draw(st.sampled_from(TAILS)) if "\n" not in value else "")
        pen.write("\n" if not value.endswith("\n") else "")
    pen.write(draw(st.sampled_from(["", f"{outer}{step}template: {{}}\n", "# end\n"])))
    return Written(pen.text, items, pen.spans)


@st.composite
def flows(draw: st.DrawFn) -> Written:
    """Generate a document whose items stand in braces."""
    items = draw(st.dictionaries(KEYS, SEALED, min_size=1, max_size=4))
    pen = _Pen()
    spread = draw(st.booleans())
    pen.write("spec:\n  encryptedData: {")
    for at, (key, text) in enumerate(items.items()):
        pen.write("" if not at else "," if spread else ", ")
        pen.write((draw(st.sampled_from(["", " # c"])) + "\n    ") if spread else "")
        pen.write(f"{_key(draw, key)}: ")
        pen.value(key, draw(st.sampled_from([text, f"'{text}'", f'"{text}"'])))
    pen.write(draw(st.sampled_from(["", ","])))
    pen.write((draw(st.sampled_from(["", " # last"])) + "\n  }\n") if spread else "}\n")
    return Written(pen.text, items, pen.spans)


@st.composite
def jsons(draw: st.DrawFn) -> Written:
    """Generate a JSON document."""
    items = draw(st.dictionaries(KEYS, SEALED, min_size=1, max_size=4))
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (",", " : ")]))
    indent = draw(st.sampled_from([None, 1, 2, 4, "\t"]))
    manifest = {"kind": "S", "spec": {"encryptedData": items, "x": [1.0, "é"]}}
    text = json.dumps(
        manifest, indent=indent, separators=separators, ensure_ascii=draw(st.booleans())
    )
    spans = {}
    for key in items:
        start = text.index(json.dumps(key) + separators[1]) + len(json.dumps(key) + separators[1])
        spans[key] = (start, text.index('"', start + 1) + 1)
    return Written(text + draw(st.sampled_from(["", "\n"])), items, spans)


@dataclass(frozen=True)
class File:
    """A file, the document in it that is to be changed, and where that one begins."""

    data: bytes
    encoding: str
    document: Written
    before: str
    after: str

    @property
    def text(self) -> str:
        """The characters, without a byte-order mark."""
        return self.before + self.document.text + self.after


def _crlf(written: Written) -> Written:
    def moved(at: int) -> int:
        return at + written.text.count("\n", 0, at)

    spans = {key: (moved(start), moved(end)) for key, (start, end) in written.spans.items()}
    return Written(written.text.replace("\n", "\r\n"), written.items, spans)


@st.composite
def files(draw: st.DrawFn) -> File:
    """Generate a file of several documents in some encoding."""
    document = draw(st.one_of(blocks(), flows(), jsons()))
    is_json = document.text.startswith("{")
    before = draw(st.sampled_from(["", *(text + "---\n" for text in OTHERS)]))
    after = draw(st.sampled_from(["", *("---\n" + text for text in OTHERS)]))
    if is_json:
        before += draw(st.sampled_from(["", '{"a": 1}\n', '{"a":1}']))
    if after and not document.text.endswith("\n"):
        after = "\n" + after
    if draw(st.booleans()):
        document, before, after = (
            _crlf(document),
            before.replace("\n", "\r\n"),
            after.replace("\n", "\r\n"),
        )
    elif not after and draw(st.booleans()) and "|" not in document.text:
        document = Written(document.text.rstrip("\n"), document.items, document.spans)
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"]))
    text = before + document.text + after
    return File(text.encode(encoding), encoding, document, before, after)


def _target(stream: Stream) -> Mapping:
    """Return the object that holds the items."""
    for document in stream.documents:
        root = document.root
        assert document.error is None
        assert root is not None
        if not isinstance(root, Mapping):
            continue
        items = root.get("items")
        if items is not None:
            root = items.items[0]  # type: ignore[union-attr] # generated so
        if isinstance(root, Mapping) and root.get("spec") is not None:
            return root
    raise AssertionError("the generated document is not there")


def _meaning(data: bytes) -> list[object]:
    stream = read_stream(data)
    assert [document.error for document in stream.documents if document.error] == []
    return [plain(document.root) for document in stream.documents if document.root]


def _expected(file: File, items: dict[str, str]) -> list[object]:
    meaning = _meaning(file.data)
    for document in meaning:
        if isinstance(document, dict):
            root = document["items"][0] if document.get("kind") == "List" else document
            if "spec" in root:
                root["spec"]["encryptedData"] = items
    return meaning


def _common(first: str, second: str) -> int:
    """Return how many characters two texts share at their beginning and at their end."""
    shortest = min(len(first), len(second))
    head = next((at for at in range(shortest) if first[at] != second[at]), shortest)
    rest = shortest - head
    tail = next((at for at in range(rest) if first[-at - 1] != second[-at - 1]), rest)
    return head + tail


def _decoded(file: File, data: bytes) -> str:
    assert data.startswith(file.data[:2] if file.encoding == "utf-16" else b"")
    return data.decode(file.encoding)


@given(file=files(), value=st.one_of(SEALED, ANY_TEXT), data=st.data())
def test_put_existing_item_only_its_scalar_changes(
    file: File, value: str, data: st.DataObject
) -> None:
    """Everything before and behind the scalar is there unchanged, to the byte."""
    key = data.draw(st.sampled_from(sorted(file.document.items)))
    stream = read_stream(file.data)

    new = edit(stream, [(_target(stream), [Put((*ITEMS, key), value)])])

    start, end = (len(file.before) + at for at in file.document.spans[key])
    text = _decoded(file, new)
    assert text.startswith(file.text[:start].rstrip())
    assert text.endswith(file.text[end:])
    assert "\n" not in value or text.count("\n") <= file.text.count("\n")
    assert _meaning(new) == _expected(file, {**file.document.items, key: value})


@given(file=files(), key=KEYS, value=st.one_of(SEALED, ANY_TEXT))
def test_put_new_item_nothing_else_changes(file: File, key: str, value: str) -> None:
    """A new item comes in: what was there before is there still, in one or two pieces."""
    stream = read_stream(file.data)
    items = file.document.items
    if key in items:
        return

    new = edit(stream, [(_target(stream), [Put((*ITEMS, key), value)])])

    text = _decoded(file, new)
    comment = max(len(line) for line in file.document.text.splitlines() if line)
    slack = comment if "# c" in file.document.text or "# last" in file.document.text else 0
    assert _common(file.text, text) >= len(file.text) - slack
    characters = iter(text)
    assert all(character in characters for character in file.text)  # nothing went, nothing moved
    assert _meaning(new) == _expected(file, {**items, key: value})


@given(file=files(), data=st.data())
def test_drop_item_only_its_line_or_span_goes(file: File, data: st.DataObject) -> None:
    """An item goes as a whole, and nothing is written but `{}` for the last one."""
    key = data.draw(st.sampled_from(sorted(file.document.items)))
    stream = read_stream(file.data)

    new = edit(stream, [(_target(stream), [Drop((*ITEMS, key))])])

    text = _decoded(file, new)
    rest = {name: text for name, text in file.document.items.items() if name != key}
    assert _meaning(new) == _expected(file, rest)
    for comment in (line for line in file.text.splitlines() if line.lstrip().startswith("#")):
        assert comment in text.splitlines()
    if rest:
        assert _common(file.text, text) == len(text)


@given(file=files(), name=KEYS, data=st.data())
def test_rename_item_only_its_key_changes(file: File, name: str, data: st.DataObject) -> None:
    """The value and its place stay."""
    key = data.draw(st.sampled_from(sorted(file.document.items)))
    stream = read_stream(file.data)
    if name in file.document.items:
        return

    new = edit(stream, [(_target(stream), [Rename((*ITEMS, key), name)])])

    text = _decoded(file, new)
    rest = {other: text for other, text in file.document.items.items() if other != key}
    assert _meaning(new) == _expected(file, {**rest, name: file.document.items[key]})
    assert _common(file.text, text) >= len(file.text) - len(key) - 2
    assert list(_items(new, name)) == [
        name if other == key else other for other in file.document.items
    ]


def _items(data: bytes, name: str) -> dict[str, object]:
    for document in _meaning(data):
        if isinstance(document, dict):
            root = document["items"][0] if document.get("kind") == "List" else document
            found = root.get("spec", {}).get("encryptedData", {})
            if name in found:
                return found  # type: ignore[no-any-return] # generated so
    raise AssertionError(f"{name} is not there")


@given(file=files(), puts=st.dictionaries(KEYS, SEALED, max_size=4), data=st.data())
def test_edit_many_changes_result_is_that_of_all_in_order(
    file: File, puts: dict[str, str], data: st.DataObject
) -> None:
    """Several changes of one object together mean what they mean one after the other."""
    gone = data.draw(st.lists(st.sampled_from(sorted(file.document.items)), unique=True))
    changes = [Put((*ITEMS, key), text) for key, text in puts.items()]
    drops = [Drop((*ITEMS, key)) for key in gone if key not in puts]
    stream = read_stream(file.data)

    new = edit(stream, [(_target(stream), [*changes, *drops])])

    items = {**file.document.items, **puts}
    left = {key: text for key, text in items.items() if key in puts or key not in gone}
    assert _meaning(new) == _expected(file, left)


@given(value=SEALED, old=st.lists(SEALED, min_size=1, max_size=3), data=st.data())
def test_put_sealed_text_into_any_block_keeps_its_header(
    value: str, old: list[str], data: st.DataObject
) -> None:
    """Only the lines of the content change, whatever line ends the header adds."""
    header = data.draw(st.from_regex(r"[|>][-+]?( +# c)?", fullmatch=True))
    blanks = data.draw(st.sampled_from(["", "\n", "\n\n"]))
    head = f"kind: S\nspec:\n  encryptedData:\n    a: {header}\n"
    tail = f"\n{blanks}    b: AgBb\n"
    text = head + "\n".join(f"      {line}" for line in old) + tail
    stream = read_stream(text.encode())

    new = edit(stream, [(_target(stream), [Put((*ITEMS, "a"), value, any_lines=True)])])

    assert new.decode() == f"{head}      {value}{tail}"
