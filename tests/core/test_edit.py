"""Values are put, dropped and renamed by splicing; what cannot be is refused with the reason."""

import json
from dataclasses import dataclass
from itertools import product

import pytest

from sealer.documents import Mapping, Sequence, read_stream
from sealer.documents.edit import Change, Drop, Put, Rename, edit
from sealer.documents.quoting import quoted
from sealer.documents.stream import Stream
from sealer.errors import DocumentError, UnsafeEditError

ITEMS = ("spec", "encryptedData")


def put(key: str, value: str = "NEW") -> Put:
    """Return the change that puts an item."""
    return Put((*ITEMS, key), value)


def sealed(key: str, value: str = "NEW") -> Put:
    """Return the change that puts a text whose line ends do not count."""
    return Put((*ITEMS, key), value, any_lines=True)


def drop(key: str) -> Drop:
    """Return the change that drops an item."""
    return Drop((*ITEMS, key))


def edited(text: str | bytes, *changes: Change, document: int = 0) -> bytes:
    """Return a file after changes in the root of one of its documents."""
    stream = read_stream(text.encode() if isinstance(text, str) else text)
    root = stream.documents[document].root
    assert isinstance(root, Mapping)
    return edit(stream, [(root, changes)])


@dataclass(frozen=True)
class Case:
    """A text under `spec:`, what is changed, and the text after it."""

    name: str
    before: str
    changes: tuple[Change, ...]
    after: str


def _case(name: str, before: str, after: str, *changes: Change) -> Case:
    return Case(name, before, changes, after)


CASES = [
    _case("plain", " b: old # c\n", " b: NEW # c\n", put("b")),
    _case("single", " b: 'old'\n", " b: 'it''s'\n", put("b", "it's")),
    _case("double", ' b: "o\\x41"\n', ' b: "a\\"b"\n', put("b", 'a"b')),
    _case("ambiguous", " b: old\n", ' b: "yes"\n', put("b", "yes")),
    _case("number", " b: 17\n", " b: NEW\n", put("b")),
    _case("literal", " b: |-\n   old\n\n c: d\n", " b: |-\n   NEW\n\n c: d\n", put("b")),
    _case("clip", " b: |  # c\n   old\n   more\n", " b: |-  # c\n   NEW\n", put("b")),
    _case("keep", " b: |+\n   old\n\n", " b: |-\n   NEW\n\n", put("b")),
    _case(
        "literal, any lines",
        " b: |  # c\n   old\n   more\n c: d\n",
        " b: |  # c\n   NEW\n c: d\n",
        sealed("b"),
    ),
    _case(
        "folded, any lines",
        " b: >\n   old\n   more\n\n c: d\n",
        " b: >\n   NEW\n\n c: d\n",
        sealed("b"),
    ),
    _case("keep, any lines", " b: |+\n   old\n\n", " b: |+\n   NEW\n\n", sealed("b")),
    _case("strip, any lines", " b: >-\n   old\n c: d\n", " b: >-\n   NEW\n c: d\n", sealed("b")),
    _case(
        "new ones in a gap",
        " b: x # c\n e: x\n",
        " a: NEW\n b: x # c\n c: NEW\n c-1: NEW\n d: NEW\n e: x\n f: NEW\n",
        *(put(key) for key in ("d", "c-1", "a", "c", "f")),
    ),
    _case("folded", " b: >-\n   old\n   more\n c: d\n", " b: >-\n   NEW\n c: d\n", put("b")),
    _case("indicator", " b: |2-\n   old\n c: d\n", " b: NEW\n c: d\n", put("b")),
    _case("empty block", " b: |-\n c: d\n", " b: NEW\n c: d\n", put("b")),
    _case("block to lines", " b: |-\n   x\n c: d\n", ' b: "1\\n2"\n c: d\n', put("b", "1\n2")),
    _case("wrapped", " b: old\n  more\n c: d\n", " b: NEW\n c: d\n", put("b")),
    _case("wrapped quotes", " b: 'old\n  more' # c\n", " b: 'NEW' # c\n", put("b")),
    _case("next line", " b:\n   old # c\n", " b:\n   NEW # c\n", put("b")),
    _case("null", " b: # c\n", " b: NEW # c\n", put("b")),
    _case("tilde", " b: ~ # c\n", " b: NEW # c\n", put("b")),
    _case("anchor nobody uses", " b: &a old\n", " b: &a NEW\n", put("b")),
    _case("anchor, comment", " b: &a # c\n   old\n", " b: &a # c\n   NEW\n", put("b")),
    _case("anchor on nothing", " b: &a\n c: d\n", " b: &a NEW\n c: d\n", put("b")),
    _case("explicit", " ? b\n : old\n", " ? b\n : NEW\n", put("b")),
    _case("explicit, no value", " b: c\n ? d\n", " b: c\n c: NEW\n ? d\n", put("c")),
    _case("first", " b: x # c\n", " a: NEW\n b: x # c\n", put("a")),
    _case("last", " b: x # c\n", " b: x # c\n c: NEW\n", put("c")),
    _case("unsorted", " c: x\n b: x\n", " c: x\n b: x\n a: NEW\n", put("a")),
    _case("quoted neighbours", " 'b': \"x\"\n", " 'a': \"NEW\"\n 'b': \"x\"\n", put("a")),
    _case("odd key", " b: x\n", ' b: x\n "on": NEW\n', put("on")),
    _case("own comment", " # of b\n b: x\n", " a: NEW\n # of b\n b: x\n", put("a")),
    _case("behind merge", " <<: {y: 1}\n b: x\n", " <<: {y: 1}\n a: NEW\n b: x\n", put("a")),
    _case("behind a block", " b: |-\n   x\n\n", " b: |-\n   x\n\n c: NEW\n", put("c")),
    _case("drop", " # of b\n b: x # c\n d: e\n", " # of b\n d: e\n", drop("b")),
    _case(
        "drop neighbours",
        " # b\n b: x\n # c\n c: x\n d: x\n e: x\n",
        " # b\n # c\n e: x\n",
        drop("b"),
        drop("c"),
        drop("d"),
    ),
    _case(
        "drop, add, rename, replace",
        " b: x\n c: x\n d: x\n",
        " a: NEW\n e: x\n d: NEW\n",
        drop("b"),
        put("a"),
        Rename((*ITEMS, "c"), "e"),
        put("d"),
    ),
    _case("drop a block", " b: |-\n   x\n\n d: e\n", " d: e\n", drop("b")),
    _case("drop explicit", " ? b\n : x\n d: e\n", " d: e\n", drop("b")),
    _case("rename", " b: x # c\n", " c: x # c\n", Rename((*ITEMS, "b"), "c")),
    _case("rename quoted", " 'b': x\n", " 'c': x\n", Rename((*ITEMS, "b"), "c")),
    _case("rename explicit", " ? b # c\n : x\n", " ? c # c\n : x\n", Rename((*ITEMS, "b"), "c")),
    _case("an alias beside", " a: &a x\n b: *a\n d: *a\n", " a: &a x\n d: *a\n", drop("b")),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_edit_block_style_is_kept(case: Case, newline: str) -> None:
    """Each scalar and line is written as it was before, or like its neighbours."""
    head, tail = "# é\nspec:\n  encryptedData:\n", "  template: {}\n"

    def whole(body: str) -> str:
        lines = "".join(
            "   " + line if line.strip() else line for line in body.splitlines(keepends=True)
        )
        return (head + lines + tail).replace("\n", newline)

    assert edited(whole(case.before), *case.changes).decode() == whole(case.after)


FLOWS = [
    _case("one", "{a: x}", "{a: x, b: NEW}", put("b")),
    _case("before", "{b: x}", "{a: NEW, b: x}", put("a")),
    _case("between", "{a: x, c: x}", "{a: x, b: NEW, c: x}", put("b")),
    _case("tight", '{"a":"x","c":"x"}', '{"a":"x","b":"NEW","c":"x"}', put("b")),
    _case("tight, one", '{"a":"x"}', '{"a":"x","b":"NEW"}', put("b")),
    _case("trailing comma", "{a: x,}", "{a: x, b: NEW,}", put("b")),
    _case("lines", "{\n a: x,\n}", "{\n a: x,\n b: NEW,\n}", put("b")),
    _case("comment", "{\n a: x # c\n}", "{\n a: x, # c\n b: NEW\n}", put("b")),
    _case("comma, comment", "{\n a: x, # c\n}", "{\n a: x, # c\n b: NEW,\n}", put("b")),
    _case("new ones", "{b: x, d: x,}", "{a: NEW, b: x, c: NEW, c1: NEW, d: x, e: NEW,}",
          *(put(key) for key in ("c", "a", "e", "c1"))),
    _case("new ones, comment", "{\n a: x # c\n}", "{\n a: x, # c\n b: NEW,\n c: NEW\n}",
          put("b"), put("c")),
    _case("drop neighbours", "{a: x, b: y, c: z, d: u}", "{b: y}", *map(drop, "acd")),
    _case("drop the last ones", "{\n a: x,\n b: y,\n c: z\n}", "{\n a: x\n}", *map(drop, "bc")),
    _case("between comments", "{\n a: x, # a\n # c\n c: x\n}",
          "{\n a: x, # a\n b: NEW,\n # c\n c: x\n}", put("b")),
    _case("replace", "{a: x, b: 'y'}", "{a: NEW, b: 'y'}", put("a")),
    _case("replace nothing", "{a: , b: c}", "{a: NEW , b: c}", put("a")),
    _case("drop first", "{a: x, b: y}", "{b: y}", drop("a")),
    _case("drop last", "{a: x, b: y}", "{a: x}", drop("b")),
    _case("drop last, comma", "{a: x, b: y,}", "{a: x,}", drop("b")),
    _case("drop only", "{ a: x }", "{}", drop("a")),
    _case("drop line", "{\n a: x,\n # c\n b: y\n}", "{\n a: x,\n # c\n}", drop("b")),
    _case("drop only, comment", "{\n # c\n a: x, # x\n}", "{\n # c\n  # x\n}", drop("a")),
    _case("rename", "{a: x, b: y}", "{c: x, b: y}", Rename((*ITEMS, "a"), "c")),
    _case("alias before", "{a: &a x, b: *a }", "{a: &a x, b: *a, c: NEW }", put("c")),
]  # fmt: skip


@pytest.mark.parametrize("case", FLOWS, ids=lambda case: case.name)
def test_edit_flow_style_is_kept(case: Case) -> None:
    """Commas, blanks, lines and comments between braces stay as they are."""

    def whole(body: str) -> str:
        return f"spec:\n  encryptedData: {body}\n  x: 1\n".replace("\n ", "\n    ")

    assert edited(whole(case.before), *case.changes).decode() == whole(case.after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("encryptedData: {}", "encryptedData:\n    a: NEW"),
        ("encryptedData: {} # c", "encryptedData: # c\n    a: NEW"),
        ("encryptedData:", "encryptedData:\n    a: NEW"),
        ("encryptedData: # c", "encryptedData: # c\n    a: NEW"),
        ("encryptedData: null", "encryptedData:\n    a: NEW"),
        ("encryptedData: ~ # c", "encryptedData: # c\n    a: NEW"),
        ("encryptedData: &a {}", "encryptedData: &a {a: NEW}"),
        ("other: 1", "encryptedData:\n    a: NEW\n  other: 1"),
    ],
)
def test_put_into_empty_or_missing_mapping_makes_it(before: str, after: str) -> None:
    """`{}`, nothing and no key at all become a mapping in the style of the document."""
    text = f"kind: S\nspec:\n  {before}\n# end\n"
    assert edited(text, put("a")).decode() == f"kind: S\nspec:\n  {after}\n# end\n"


def test_put_missing_mappings_all_the_way_are_made() -> None:
    """Indented as the document is."""
    path = ("metadata", "annotations", "x/y")
    after = edited("kind: S\nspec:\n    a: {}\n    c:\n        d: e\n", Put(path, "true")).decode()
    made = 'metadata:\n    annotations:\n        x/y: "true"\n'
    assert after == f"kind: S\n{made}spec:\n    a: {{}}\n    c:\n        d: e\n"


def test_drop_last_item_leaves_an_empty_mapping() -> None:
    """`{}` is what the API server calls an object without items; comments stay."""
    text = "spec:\n  encryptedData: &a # x\n    # of b\n    b: x # c\n  t: 1\n"
    after = "spec:\n  encryptedData: &a {} # x\n    # of b\n  t: 1\n"
    assert edited(text, drop("b")).decode() == after


@pytest.mark.parametrize(
    ("indent", "separators"),
    [
        (None, (", ", ": ")),
        *product([None, 2, 4, "\t"], [(",", ":"), (",", ": ")]),
    ],
)
def test_edit_json_keeps_its_own_indentation(
    indent: int | str | None, separators: tuple[str, str]
) -> None:
    """The result is what the same printer would have written, as far as the order is its own."""
    manifest = {"kind": "S", "spec": {"encryptedData": {"b": "x", "d": "y"}, "t": {}}}

    def printed() -> str:
        return json.dumps(manifest, indent=indent, separators=separators, sort_keys=True)

    text = printed()
    items = manifest["spec"]["encryptedData"]  # type: ignore[index] # as written above
    for change in (put("a"), put("c"), put("e"), put("b", "é\n"), drop("d"), drop("a")):
        text = edited(text, change).decode()
        if isinstance(change, Put):
            items[change.path[-1]] = change.value
        else:
            del items[change.path[-1]]
        assert json.loads(text) == manifest
    path = ("spec", "t", "metadata", "labels", "x")
    manifest["spec"]["t"] = {"metadata": {"labels": {"x": "y"}}}  # type: ignore[index]
    assert edited(text, Put(path, "y")).decode() == printed().replace("\\u00e9", "é")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("{}", '{"x": "NEW"}'),
        ("# c\n{ }\n", '# c\n{"x": "NEW"}\n'),
        ("--- {} # c\n", "--- {x: NEW} # c\n"),
    ],
)
def test_put_into_an_empty_document_fills_its_braces(text: str, after: str) -> None:
    """There is nothing around them to take a style from; JSON stays JSON."""
    assert edited(text, Put(("x",), "NEW")).decode() == after


def test_edit_json_emptied_and_filled_again_is_as_before() -> None:
    """Removing all and adding one is no occasion to change the layout."""
    text = '{\n\t"spec": {\n\t\t"encryptedData": {\n\t\t\t"a": "x"\n\t\t}\n\t}\n}\n'
    empty = edited(text, drop("a"))
    assert empty == b'{\n\t"spec": {\n\t\t"encryptedData": {}\n\t}\n}\n'
    assert edited(empty, put("a", "x")).decode() == text


REFUSED: dict[str, tuple[str, Change, str]] = {
    "alias": ("x: &a y\nspec: {encryptedData: {b: *a}}\n", put("b"), "shared with another place"),
    "anchored": ("spec:\n  encryptedData:\n    b: &a y\nx: *a\n", put("b"), "shared with another"),
    "key alias": ("x: &b b\nspec:\n  encryptedData:\n    *b : y\n", put("b"), "shared with"),
    "mapping alias": ("x: &a {b: y}\nspec: {encryptedData: *a}\n", put("b"), "shared with another"),
    "merged": ("x: &a {b: y}\nspec:\n  encryptedData:\n    <<: *a\n", put("b"), "through <<"),
    "merged parent": ("x: &a {spec: {encryptedData: {b: y}}}\n<<: *a\n", put("b"), "spec comes"),
    "tag": ("spec:\n  encryptedData:\n    b: !!str y\n", put("b"), "explicit tag"),
    "binary": ("spec:\n  encryptedData:\n    b: !!binary eQ==\n", put("b"), "explicit tag"),
    "mapping tag": ("spec:\n  encryptedData: !!map\n    b: y\n", put("b"), "explicit tag"),
    "needed": ("spec:\n  encryptedData:\n    b: &a y\nx: *a\n", drop("b"), "is used elsewhere"),
    "mapping": ("spec:\n  encryptedData:\n    b: {c: d}\n", put("b"), "no single value"),
    "through text": ("spec:\n  encryptedData: y\n", put("b"), "encryptedData is no mapping"),
    "missing": ("spec:\n  encryptedData:\n    b: y\n", drop("c"), "there is no c"),
    "no mapping": ("spec: {}\n", drop("c"), "there is no c"),
    "taken": ("spec:\n  encryptedData: {b: y, c: z}\n", Rename((*ITEMS, "b"), "c"), "already"),
    "no colon": ("spec:\n  encryptedData: {b, c: d}\n", put("b"), "without a colon"),
    "end of file": ("spec:\n  encryptedData:\n    b: |\n      y", put("c"), "without changing"),
    "old line ends": ("spec:\r  encryptedData:\r    b: y\r    c: z\r", drop("c"), "its line"),
    "comment in braces": ("spec:\n  encryptedData: { # c\n  }\n", put("b"), "comment"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_edit_unsafe_is_refused_with_place_and_reason(name: str) -> None:
    """Nothing is reformatted: whoever wants the change makes it by hand."""
    text, change, reason = REFUSED[name]
    with pytest.raises(UnsafeEditError, match=reason) as caught:
        edited(text, change)
    assert caught.value.where.line
    assert caught.value.where.document == 1


def test_edit_unreadable_document_is_refused_with_its_own_fault() -> None:
    """A duplicate key is told as such."""
    with pytest.raises(DocumentError, match="stands twice"):
        edited("spec: {}\nspec: {}\n", put("b"))


def test_edit_beside_a_document_that_cannot_be_read_is_refused() -> None:
    """What cannot be compared afterwards is not touched."""
    with pytest.raises(UnsafeEditError, match="unsafe to edit"):
        edited("spec:\n  encryptedData: {a: x}\n---\n{a: [\n", put("a"))


def test_edit_several_objects_of_one_list_together() -> None:
    """Items of a List are edited where they stand, each with changes of its own."""
    text = "kind: List\nitems:\n- spec: {encryptedData: {a: x}}\n- spec:\n    encryptedData: {}\n"
    stream = read_stream(text.encode())
    root = stream.documents[0].root
    assert isinstance(root, Mapping)
    items = root.get("items")
    assert isinstance(items, Sequence)
    changes = [(node, [put("b")]) for node in items.items if isinstance(node, Mapping)]
    after = "kind: List\nitems:\n- spec: {encryptedData: {a: x, b: NEW}}\n- spec:\n"
    assert edit(stream, changes).decode() == f"{after}    encryptedData:\n      b: NEW\n"


def test_edit_later_document_leaves_earlier_ones_alone() -> None:
    """Offsets are those of the file; a byte-order mark and UTF-16 stay."""
    text = "a: é🔑\n---\n# c\nspec: {encryptedData: {a: x}}\n...\n{}\n".encode("utf-16")
    after = edited(text, put("a"), document=1)
    assert after == text.decode("utf-16").replace("a: x", "a: NEW").encode("utf-16")


def test_put_the_same_item_twice_the_last_one_counts() -> None:
    """Changes are made one after the other."""
    text = "spec:\n  encryptedData:\n    b: old\n"
    assert edited(text, put("b", "first"), put("b", "last")) == text.replace("old", "last").encode()


def test_edit_no_changes_gives_the_same_bytes() -> None:
    """Nothing asked for, nothing done."""
    text = b"\xef\xbb\xbfspec: {} \r\n"
    assert edited(text) == text


@pytest.mark.parametrize(
    ("text", "style", "written"),
    [
        ("AgB", "", "AgB"),
        ("no", "", '"no"'),
        ("a: b", "", '"a: b"'),
        ("it's", "'", "'it''s'"),
        ("a\nb", "'", '"a\\nb"'),
        ("\x85\u2028\ufeff\x07", '"', '"\\x85\\u2028\\ufeff\\x07"'),
        ("\U000e0001", '"', '"\\U000e0001"'),
    ],
)
def test_quoted_uses_the_style_where_it_can(text: str, style: str, written: str) -> None:
    """And double quotes where it cannot."""
    assert quoted(text, style) == written


@pytest.mark.parametrize("size", [64, 1024])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("kind", ["drop", "drop half", "put", "rename"])
def test_edit_many_changes_are_read_again_a_few_times_only(
    monkeypatch: pytest.MonkeyPatch, size: int, indent: int | None, kind: str
) -> None:
    """The cost of a batch grows with the file, and not with the square of the changes."""
    keys = [f"k{number:04}" for number in range(size)]
    text = json.dumps({"spec": {"encryptedData": dict.fromkeys(keys, "x")}}, indent=indent)
    changes: dict[str, list[Change]] = {
        "drop": [drop(key) for key in keys],
        "drop half": [drop(key) for key in keys[: size // 2]],
        "put": [put(f"{key}-new") for key in keys],
        "rename": [Rename((*ITEMS, key), f"{key}-new") for key in keys],
    }
    reads: list[int] = []

    def counting(data: bytes) -> Stream:
        reads.append(len(data))
        return read_stream(data)

    monkeypatch.setattr("sealer.documents.edit.read_stream", counting)
    result = json.loads(edited(text, *changes[kind]))["spec"]["encryptedData"]
    new = [f"{key}-new" for key in keys]
    assert (
        sorted(result)
        == {
            "drop": [],
            "drop half": keys[size // 2 :],
            "put": sorted(keys + new),
            "rename": new,
        }[kind]
    )
    assert len(reads) <= size.bit_length() + 2


def test_edit_one_bad_change_among_many_is_told_by_its_place() -> None:
    """The others do not hide it."""
    text = "spec:\n  encryptedData:\n" + "".join(f"    k{at}: x\n" for at in range(9))
    with pytest.raises(UnsafeEditError) as caught:
        edited(text, *(drop(f"k{at}") for at in (0, 1, 2, 77, 4)))
    assert caught.value.message == "there is no k77"
    assert caught.value.where.item == "spec.encryptedData.k77"
