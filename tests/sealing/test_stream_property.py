"""Whatever a file looks like, only its Secrets change, and they open to what they said."""

import base64
import json
import re
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from sealer.documents import read_stream
from sealer.documents.nodes import plain
from sealer.manifest import find_objects, read_sealed_secret
from sealer.sealing import unseal_secret
from sealer.sealing.recovery import unseal_stream
from sealer.sealing.splice import Form
from sealer.sealing.stream import StreamOptions, seal_stream
from sealer_keys.certificate import Certificate
from sealer_keys.keyring import Keyring
from tests.support import vectors

PAIR = vectors.key_pair("rsa2048")
KEYRING = Keyring([PAIR])
# No `k`: so that no value can stand in the comments, which say "kept".
LETTERS = "abxyz019 -_:#'\"\\{}[]&*!|>%@`,.?=/+äß漢🔑\t"
KEYS = st.from_regex(r"[a-z][-._a-z0-9]{0,8}", fullmatch=True)
ITEMS = st.dictionaries(KEYS, st.text(LETTERS, max_size=24), min_size=1, max_size=3)
BLOBS = st.dictionaries(KEYS, st.binary(max_size=24), min_size=1, max_size=3)
COMMENT = st.sampled_from(["", "# kept\n", "\n", "# kept: {[\n\n# kept '\n"])
NAME = "db"


@dataclass(frozen=True)
class Piece:
    """A part of a file: text that has to stay, or a Secret and its items."""

    text: str
    items: dict[str, bytes] | None = None


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _block_secret(items: dict[str, str], comment: str) -> str:
    lines = "".join(f"  {_quoted(key)}: {_quoted(text)}\n" for key, text in items.items())
    head = f"apiVersion: v1\nkind: Secret\n{comment}metadata:\n  name: {NAME}\n  namespace: shop\n"
    return f"{head}stringData:\n{lines}"


def _literal_secret(blobs: dict[str, bytes], comment: str) -> str:
    lines = "".join(
        f"  {_quoted(key)}: |\n    {base64.b64encode(blob).decode()}\n"
        for key, blob in blobs.items()
    )
    head = f"{comment}kind: 'Secret'\nmetadata: {{name: {NAME}, namespace: shop}}\n"
    return f"{head}apiVersion: v1\ndata:\n{lines}"


def _json_secret(blobs: dict[str, bytes], indent: int | None) -> str:
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": NAME, "namespace": "shop"},
        "data": {key: base64.b64encode(blob).decode() for key, blob in blobs.items()},
    }
    return json.dumps(manifest, indent=indent)


def _indented(text: str, blanks: str) -> str:
    return "".join(
        blanks + line if line.strip() else line for line in text.splitlines(keepends=True)
    )


def _encoded(items: dict[str, str]) -> dict[str, bytes]:
    return {key: text.encode() for key, text in items.items()}


OTHERS = st.sampled_from(
    [
        "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    # no comment\n    kind: Secret\n",
        "# kept\nkind: Deployment  # kept\napiVersion: apps/v1\nspec: {x: [1, 'two', \"3\"]}\n",
        "apiVersion: example.com/v1\nkind: Secret\nbody: &a {k: v}\nagain: *a\n",
        '{"apiVersion": "v1",\t"kind": "ConfigMap"}\n',
        "kind: List\napiVersion: v1\nitems: []\n",
    ]
).map(lambda text: [Piece(text)])
SECRETS = st.one_of(
    st.tuples(ITEMS, COMMENT).map(lambda p: [Piece(_block_secret(*p), _encoded(p[0]))]),
    st.tuples(BLOBS, COMMENT).map(lambda p: [Piece(_literal_secret(*p), p[0])]),
    st.tuples(BLOBS, st.sampled_from([None, 2])).map(
        lambda p: [Piece(_json_secret(*p), p[0]), Piece("\n")]
    ),
)


@st.composite
def lists(draw: st.DrawFn) -> list[Piece]:
    """Generate a `List` with Secrets and other kinds, in block or flow style."""
    flow, blanks = draw(st.booleans()), draw(st.sampled_from(["", "  "]))
    pieces = [Piece("apiVersion: v1\nkind: List\nitems:" + (" [\n" if flow else "\n"))]
    for number in range(draw(st.integers(1, 3))):
        blobs = draw(BLOBS)
        if flow:
            pieces.append(Piece("  , " if number else "  "))
            pieces.append(Piece(_json_secret(blobs, draw(st.sampled_from([None, 4]))), blobs))
            pieces.append(Piece(draw(st.sampled_from(["\n", " # kept\n"]))))
            continue
        text = _indented(_literal_secret(blobs, draw(COMMENT)), blanks + "  ").strip(" \n")
        lead = "" if text.startswith("kind") else text[: text.index("kind")]
        pieces.append(Piece(f"{blanks}- {lead}"))
        pieces.append(Piece(text.removeprefix(lead), blobs))
        pieces.append(Piece(f"\n{blanks}# kept\n{blanks}- kind: ConfigMap\n"))
        pieces.append(Piece(f"{blanks}  apiVersion: v1  # kept\n"))
    pieces.append(Piece("]\n" if flow else "# kept\n"))
    return pieces


@st.composite
def files(draw: st.DrawFn) -> list[Piece]:
    """Generate a stream of documents with at least one Secret."""
    documents = draw(st.lists(st.one_of(OTHERS, SECRETS, lists()), min_size=0, max_size=3))
    documents.insert(draw(st.integers(0, len(documents))), draw(st.one_of(SECRETS, lists())))
    pieces = [Piece(draw(st.sampled_from(["", "# kept\n", "---\n", "# kept\n--- # kept\n"])))]
    for number, document in enumerate(documents):
        if number:
            pieces.append(Piece(draw(st.sampled_from(["---\n", "# kept\n---\n", "...\n---\n"]))))
        pieces += document
    return pieces


def _bytes(pieces: list[Piece], newline: str, encoding: str) -> bytes:
    text = "".join(piece.text for piece in pieces)
    return text.replace("\n", newline).encode(encoding)


def _certificate() -> Certificate:
    assert PAIR.certificate is not None
    return PAIR.certificate


def _around(pieces: list[Piece]) -> re.Pattern[str]:
    """Return a pattern that matches the file with anything in the place of its Secrets."""
    parts = (re.escape(piece.text) if piece.items is None else "(.*?)" for piece in pieces)
    return re.compile("".join(parts), re.DOTALL)


ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"])


@given(files(), st.sampled_from(["\n", "\r\n"]), ENCODINGS)
def test_seal_stream_of_any_shape_changes_secrets_only(
    pieces: list[Piece], newline: str, encoding: str
) -> None:
    """Text around Secrets stays, line ends and encoding too, and what is sealed opens again."""
    before = _bytes(pieces, newline, encoding)
    result = seal_stream(before, _certificate())
    assert not result.warnings
    text = result.data.decode(encoding)
    assert result.data == text.encode(encoding)
    assert ("\r\n" in text) == (newline == "\r\n")
    assert text.count("\n") == text.count(newline)
    assert _around(pieces).fullmatch(text.replace("\r\n", "\n"))
    expected = [piece.items for piece in pieces if piece.items is not None]
    opened = [unseal_secret(sealed, KEYRING).secret.data for sealed in result.sealed]
    assert [{key: value.reveal() for key, value in data.items()} for data in opened] == expected
    assert _sealed_in(result.data) == [sealed.encrypted_data for sealed in result.sealed]


def _sealed_in(data: bytes) -> list[object]:
    found: list[object] = []
    for document in read_stream(data).documents:
        for each in find_objects(document):
            assert (each.api_version, each.kind) != ("v1", "Secret")
            if each.kind == "SealedSecret":
                found.append(read_sealed_secret(plain(each.node)).encrypted_data)
    return found


@given(files(), st.sampled_from(["\n", "\r\n"]))
def test_unseal_stream_of_a_sealed_one_gives_the_same_objects(
    pieces: list[Piece], newline: str
) -> None:
    """There and back again, every document says what it said."""
    before = _bytes(pieces, newline, "utf-8")
    sealed = seal_stream(before, _certificate())
    after = unseal_stream(sealed.data, KEYRING)
    assert _objects(after.data) == _objects(before)


def _objects(data: bytes) -> list[object]:
    objects: list[object] = []
    for document in read_stream(data).documents:
        assert document.root is not None
        for found in find_objects(document):
            manifest = plain(found.node)
            assert isinstance(manifest, dict)
            texts = manifest.pop("stringData", None)
            if isinstance(texts, dict):
                manifest["data"] = {
                    key: base64.b64encode(str(text).encode()).decode()
                    for key, text in texts.items()
                }
            elif found.kind == "Secret" and isinstance(manifest.get("data"), dict):
                items = manifest["data"]
                assert isinstance(items, dict)
                manifest["data"] = {key: str(text).strip() for key, text in items.items()}
            objects.append(manifest)
    return objects


@given(st.lists(SECRETS, min_size=1, max_size=4), ENCODINGS)
def test_seal_stream_as_json_leaves_nothing_but_json(
    documents: list[list[Piece]], encoding: str
) -> None:
    """Where only Secrets are in the file, comments and markers go, and JSON values stay."""
    before = "---\n".join("".join(piece.text for piece in pieces) for pieces in documents)
    result = seal_stream(before.encode(encoding), _certificate(), StreamOptions(form=Form.JSON))
    text = result.data.decode(encoding).lstrip()
    decoder = json.JSONDecoder()
    at, values = 0, 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        assert value["kind"] == "SealedSecret"
        values += 1
        at += len(text[at:]) - len(text[at:].lstrip())
    assert values == len(documents)


@given(files())
def test_seal_stream_of_a_sealed_one_changes_nothing(pieces: list[Piece]) -> None:
    """Running it twice is running it once."""
    once = seal_stream(_bytes(pieces, "\n", "utf-8"), _certificate())
    assert seal_stream(once.data, _certificate()).data == once.data
