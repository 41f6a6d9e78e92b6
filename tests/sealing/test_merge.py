"""Three versions of a file to one: what both sides did is in it, and nothing else."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.documents import read_stream
from sealer.documents.edit import Change, Drop, Put, edit
from sealer.documents.nodes import plain
from sealer.sealing.hints import SEALING_KEYS, read_hints, write_hints
from sealer.sealing.merge import MergedLines, MergeResult, merge
from sealer.sealing.recovery import find_sealed_secrets
from sealer.sealing.threeway import HINTS, ITEMS, Path
from sealer.sealing.versions import by_name
from tests.support.sealed import manifest

OTHER = "---\n# not ours\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: c}\n"
TYPE: Path = ("spec", "template", "type")
LABEL: Path = ("spec", "template", "metadata", "labels", "app")
OUTER: Path = ("metadata", "annotations", "team")
SCOPE: Path = ("metadata", "annotations", "sealedsecrets.bitnami.com/cluster-wide")
NAME: Path = ("metadata", "name")
Edits = dict[Path, str | None]


def no_lines(_base: bytes, ours: bytes, _theirs: bytes) -> MergedLines:
    """Merge no lines: fields must not need it."""
    return MergedLines(ours, is_clean=False)


def changed(data: bytes, edits: Edits, name: str = "shop/db") -> bytes:
    """Return a version with fields changed; None takes one out."""
    stream = read_stream(data)
    found = by_name(stream)[name]
    there = fields(data, name)
    changes: list[Change] = [Put(path, text) for path, text in edits.items() if text is not None]
    changes += [Drop(path) for path, text in edits.items() if text is None and path in there]
    return edit(stream, [(found.node, changes)]) if changes else data


def fields(data: bytes, name: str = "shop/db") -> dict[Path, object]:
    """Return every value of an object by its path; mappings that hold nothing do not count."""

    def walk(value: object, path: Path) -> dict[Path, object]:
        if isinstance(value, dict):
            return {p: v for k, part in value.items() for p, v in walk(part, (*path, k)).items()}
        return {path: value}

    return walk(plain(by_name(read_stream(data))[name].node), ())


def side(data: bytes, *, ours: bool) -> bytes:
    """Return what one side of every conflict leaves."""
    kept = r"\1" if ours else r"\2"
    pattern = r"<{7} ours\r?\n(.*?)={7}\r?\n(.*?)>{7} theirs\r?\n"
    return re.sub(pattern.encode(), kept.encode(), data, flags=re.DOTALL)


def item(key: str) -> Path:
    """Return the path of an item."""
    return (*ITEMS, key)


BASE = manifest(a="AgA", b="AgB", c="AgC").encode()


def test_merge_of_neighbouring_items_is_clean() -> None:
    """The lines touch each other, the items do not."""
    done = merge(
        BASE, changed(BASE, {item("a"): "AgX"}), changed(BASE, {item("b"): "AgY"}), no_lines
    )
    assert done == MergeResult(manifest(a="AgX", b="AgY", c="AgC").encode(), is_clean=True)


def test_merge_of_one_item_changed_twice_marks_that_item_alone() -> None:
    """The other item, which only one side changed, is merged."""
    ours = changed(BASE, {item("a"): "AgX", item("b"): "AgN"})
    done = merge(BASE, ours, changed(BASE, {item("a"): "AgY"}), no_lines, marker_size=9)
    assert not done.is_clean
    assert done.conflicts == ("shop/db: item a was changed on both sides",)
    marks = f"{'<' * 9} ours\n    a: AgX\n{'=' * 9}\n    a: AgY\n{'>' * 9} theirs\n"
    assert done.data == manifest(b="AgN", c="AgC").replace("    b:", marks + "    b:").encode()


def test_merge_of_an_item_changed_and_removed_is_a_conflict() -> None:
    """One half is empty."""
    done = merge(BASE, changed(BASE, {item("b"): None}), changed(BASE, {item("b"): "Ag"}), no_lines)
    assert b"<<<<<<< ours\n=======\n    b: Ag\n>>>>>>> theirs\n" in done.data


def test_merge_of_the_same_ciphertext_on_both_sides_is_clean() -> None:
    """A cherry-picked value; line ends in it do not count."""
    theirs = BASE.replace(b"b: AgB", b"b: |\n      Ag\n      XY")
    done = merge(BASE, changed(BASE, {item("b"): "AgXY"}), theirs, no_lines)
    assert done == MergeResult(theirs, is_clean=True)


@pytest.mark.parametrize("is_ours", [True, False])
def test_merge_of_a_new_item_into_a_renamed_object_is_a_conflict(is_ours: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    """The new value was sealed for the old name, and would not open."""
    moved = BASE.replace(b"name: db", b"name: db2").replace(b": Ag", b": Az")
    added = changed(BASE, {item("d"): "AgD"})
    sides = (moved, added) if is_ours else (added, moved)
    done = merge(BASE, *sides, no_lines)
    assert not done.is_clean
    (words,) = done.conflicts
    assert words.startswith("shop/db or shop/db2: item d was sealed on one side")
    assert fields(side(done.data, ours=is_ours), "shop/db2") == fields(moved, "shop/db2")


def test_merge_of_a_new_item_into_an_object_of_another_scope_is_a_conflict() -> None:
    """A wider scope is another place, and a label is none."""
    wide = changed(BASE, {SCOPE: "true", **{item(key): f"Az{key}" for key in "abc"}})
    added = changed(BASE, {item("d"): "AgD"})
    assert not merge(BASE, wide, added, no_lines).is_clean
    labelled = changed(BASE, {LABEL: "x", **{item(key): f"Az{key}" for key in "abc"}})
    assert merge(BASE, labelled, added, no_lines).is_clean


def test_merge_of_a_removed_item_into_a_renamed_object_is_clean() -> None:
    """What goes need not open."""
    moved = BASE.replace(b"name: db", b"name: db2")
    assert merge(BASE, moved, changed(BASE, {item("b"): None}), no_lines).is_clean


def test_merge_of_hints_keeps_what_still_fits() -> None:
    """Both sides sealed an item with their own key and noted it; the note is no conflict."""
    base = changed(BASE, {HINTS: write_hints({"a": ("AgA", "k1"), "c": ("AgC", "k1")})})
    ours = changed(
        base, {item("a"): "AgX", HINTS: write_hints({"a": ("AgX", "k2"), "c": ("AgC", "k1")})}
    )
    theirs = changed(
        base,
        {
            item("b"): "AgY",
            HINTS: write_hints({"a": ("AgA", "k1"), "b": ("AgY", "k3"), "c": ("AgC", "k1")}),
        },
    )
    done = merge(base, ours, theirs, no_lines)
    assert done.is_clean
    (sealed,) = (each.sealed for each in find_sealed_secrets(done.data)[1])
    assert read_hints(sealed) == {"a": "k2", "b": "k3", "c": "k1"}
    taken_out = changed(ours, {HINTS: None})
    assert SEALING_KEYS.encode() not in merge(base, taken_out, theirs, no_lines).data


def test_merge_of_hints_in_a_conflict_says_nothing_of_the_item() -> None:
    """Whichever side is kept, the note does not lie."""
    base = changed(BASE, {HINTS: write_hints({"a": ("AgA", "k1")})})
    ours = changed(base, {item("a"): "AgX", HINTS: write_hints({"a": ("AgX", "k2")})})
    theirs = changed(base, {item("a"): "AgY", HINTS: write_hints({"a": ("AgY", "k3")})})
    done = merge(base, ours, theirs, no_lines)
    assert done.data.count(b"<<<<<<<") == 1
    for is_ours in (True, False):
        (each,) = find_sealed_secrets(side(done.data, ours=is_ours))[1]
        assert read_hints(each.sealed) == {}


def test_merge_keeps_a_comment_of_each_side() -> None:
    """A comment that the other side wrote beside its item comes along."""
    theirs = BASE.replace(b"c: AgC", b"c: AgC\n    # for the new client\n    d: AgD # d")
    done = merge(BASE, changed(BASE, {item("c"): "AgX"}), theirs, no_lines)
    assert done.data == theirs.replace(b"AgC", b"AgX")
    done = merge(BASE, theirs, changed(BASE, {item("c"): "AgX"}), no_lines)
    assert done.data == theirs.replace(b"AgC", b"AgX")


def test_merge_loses_no_comment_for_a_clean_result() -> None:
    """Both sides comment the same place: lines have to be merged, and here they cannot be."""
    ours = BASE.replace(b"c: AgC", b"c: AgC\n    d: AgD # d")
    theirs = BASE.replace(b"c: AgC", b"c: AgC\n    e: AgE # e")
    assert not merge(BASE, ours, theirs, no_lines).is_clean


def test_merge_takes_a_new_layout_of_either_side() -> None:
    """One side wrote the file anew: the other side's fields go into it."""
    anew = json.dumps(plain(by_name(read_stream(BASE))["shop/db"].node)).encode()
    anew = changed(anew, {item("a"): "AgX"})
    other = changed(BASE, {item("c"): "AgZ"})
    for sides in ((anew, other), (other, anew)):
        assert merge(BASE, *sides, no_lines) == MergeResult(
            changed(anew, {item("c"): "AgZ"}), is_clean=True
        )


def test_merge_of_two_new_layouts_keeps_ours() -> None:
    """Both sides wrote the file anew, and what they changed besides is merged."""
    ours = changed(re.sub(rb"Ag(.)", rb"'Ag\1'", BASE), {item("a"): "AgX"})
    theirs = changed(re.sub(rb"Ag(.)", rb'"Ag\1"', BASE), {item("b"): "AgY"})
    assert merge(BASE, ours, theirs, no_lines) == MergeResult(
        changed(ours, {item("b"): "AgY"}), is_clean=True
    )


def test_merge_of_what_cannot_be_read_is_a_merge_of_lines() -> None:
    """Also where an alias keeps an item from being changed alone."""
    calls = []

    def lines(base: bytes, ours: bytes, theirs: bytes) -> MergedLines:
        calls.append((base, ours, theirs))
        return MergedLines(b"merged", is_clean=True)

    broken = b"\xff\xfe\xff"
    assert merge(broken, BASE, BASE, lines) == MergeResult(b"merged", is_clean=True)
    assert calls == [(broken, BASE, BASE)]


def test_merge_of_lines_that_says_something_else_is_no_clean_merge() -> None:
    """Lines that merge without a conflict can still hold an object twice."""
    twice = BASE + b"---\n" + BASE
    theirs = changed(BASE, {item("a"): "AgX"})

    def lines(*_: bytes) -> MergedLines:
        return MergedLines(twice, is_clean=True)

    aliased = BASE.replace(b"a: AgA", b"a: &x AgA").replace(b"b: AgB", b"b: *x")
    done = merge(aliased, aliased.replace(b"&x AgA", b"&x AgY"), theirs, lines)
    assert not done.is_clean


def test_merge_of_an_object_that_both_sides_added_is_no_clean_merge() -> None:
    """In two places of the file, so that lines merge without a conflict."""
    api = manifest("api", a="AgP").encode()
    ours, theirs = api + b"---\n" + BASE, BASE + b"---\n" + api

    def lines(*_: bytes) -> MergedLines:
        return MergedLines(api + b"---\n" + BASE + b"---\n" + api, is_clean=True)

    assert not merge(BASE, ours, theirs, lines).is_clean


def test_merge_keeps_the_order_of_our_items() -> None:
    """Where both sides changed fields only, ours is the text to go on with."""
    ours = BASE.replace(b"    b:", b"    zz: AgN\n    b:")
    done = merge(BASE, ours, changed(BASE, {item("a"): "AgX", item("d"): "AgD"}), no_lines)
    assert done.data == changed(ours, {item("a"): "AgX", item("d"): "AgD"})


def test_merge_of_a_new_layout_with_a_comment_keeps_the_comment() -> None:
    """Whichever side wrote it; the other side's layout is given up."""
    quoted = changed(re.sub(rb"Ag(.)", rb"'Ag\1'", BASE), {item("a"): "AgX"})
    commented = re.sub(rb"Ag(.)", rb'"Ag\1"', BASE).replace(b"    b:", b"    # why\n    b:")
    for sides in ((quoted, commented), (commented, quoted)):
        done = merge(BASE, *sides, no_lines)
        assert done == MergeResult(changed(commented, {item("a"): "AgX"}), is_clean=True)


def test_merge_of_the_last_item_keeps_the_style_and_the_section() -> None:
    """A new item in the place of the only one, and no item at all."""
    base = manifest(a="AgA").encode()
    labelled = changed(base, {LABEL: "shop"})
    theirs = base.replace(b"a: AgA", b"b: AgB")
    done = merge(base, labelled, theirs, no_lines)
    assert done.data == labelled.replace(b"a: AgA", b"b: AgB")
    done = merge(base, labelled, changed(base, {item("a"): None}), no_lines)
    assert b"  encryptedData: {}\n" in done.data


def test_merge_of_an_object_that_one_side_removed_is_left_to_lines() -> None:
    """And one that both sides added is, too."""
    two = BASE + b"---\n" + manifest("api", a="AgP").encode()
    changed_api = changed(two, {item("a"): "AgQ"}, "shop/api")
    assert not merge(two, BASE, changed_api, no_lines).is_clean
    assert not merge(b"", BASE, changed(BASE, {item("a"): "AgX"}), no_lines).is_clean


def test_merge_with_crlf_and_without_a_last_line_end_keeps_them() -> None:
    """Markers have the line ends of the file and lines of their own."""
    base = BASE.replace(b"\n", b"\r\n").rstrip(b"\r\n")
    ours = changed(base, {("spec", "template", "metadata", "namespace"): "here", item("a"): "AgX"})
    theirs = changed(base, {("spec", "template", "metadata", "namespace"): "there"})
    done = merge(base, ours, theirs, no_lines)
    assert b"namespace: here\r\n=======\r\n" in done.data
    assert done.data.endswith(b"namespace: there\r\n>>>>>>> theirs\r\n")
    assert done.data.count(b"\n") == done.data.count(b"\r\n")


KEYS = st.sampled_from(["a", "b", "c", "d", "tls.key"])
VALUES = st.one_of(st.none(), st.sampled_from(["Ag1", "Ag2", "Ag3"]))
PATHS = st.one_of(KEYS.map(item), st.sampled_from([TYPE, LABEL, OUTER]))
EDITS = st.dictionaries(PATHS, VALUES, max_size=4)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Return a file with a SealedSecret of items a, b and c in it."""
    text = manifest(a="AgA", b="AgB", c="AgC")
    form = draw(st.sampled_from(["block", "quoted", "json", "flow", "comments"]))
    if form == "quoted":
        text = re.sub(r"Ag.", lambda found: json.dumps(found[0]), text)
    elif form == "comments":
        text = "# top\n" + text.replace("    b:", "    # about b\n    b:")
    elif form != "block":
        value = plain(by_name(read_stream(text.encode()))["shop/db"].node)
        text = json.dumps(value, indent=4 if form == "json" else None) + "\n"
    if draw(st.booleans()):
        text = OTHER + "---\n" + text + OTHER
    return (text.replace("\n", "\r\n") if draw(st.booleans()) else text).encode()


@given(files(), EDITS, EDITS)
def test_merge_is_the_union_of_what_both_sides_did(base: bytes, mine: Edits, other: Edits) -> None:
    """Clean exactly when no field was changed in two ways; symmetric; nothing else is touched."""
    ours, theirs = changed(base, mine), changed(base, other)
    before = fields(base)
    after = {
        path: (mine.get(path, before.get(path)), other.get(path, before.get(path)))
        for path in {*mine, *other}
    }
    disputed = {
        path
        for path, values in after.items()
        if len(set(values)) > 1 and before.get(path) not in values
    }
    done = merge(base, ours, theirs, no_lines)
    mirrored = merge(base, theirs, ours, no_lines)
    assert done.is_clean == mirrored.is_clean == (not disputed)
    assert len(done.conflicts) == len(disputed)
    for index, is_ours in enumerate((True, False)):
        expected = dict(before)
        for path, values in after.items():
            agreed = next((value for value in values if value != before.get(path)), values[0])
            value = values[index] if path in disputed else agreed
            expected = {**expected, path: value}
        expected = {path: value for path, value in expected.items() if value is not None}
        assert fields(side(done.data, ours=is_ours)) == expected
        assert fields(side(mirrored.data, ours=not is_ours)) == expected
    assert base.count(b"ConfigMap") == done.data.count(b"ConfigMap")
    for text in base.split(b"---"):
        assert b"ConfigMap" not in text or text in done.data
