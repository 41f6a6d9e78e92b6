"""What is found in a source file: every SealedSecret, every fault with its place, nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.errors import SealerError
from sealer_controller.directory.parse import parse
from tests.controller.folders import sealed, text_of

HEAD = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
GOOD = HEAD + "metadata: {name: db, namespace: shop}\nspec: {encryptedData: {a: AgA=}}\n"


def indented(text: str) -> str:
    """Return an object as the item of a list."""
    return text.replace("\n", "\n  ")


def messages(text: str | bytes, **options: bool) -> list[str]:
    """Return what is wrong with a file, each with its place."""
    data = text.encode() if isinstance(text, str) else text
    return [f"{each.source}: {each.message}" for each in parse(data, "f.yaml", **options).problems]


def test_sealed_secrets_are_found_among_other_kinds() -> None:
    """In streams, in lists and in JSON; other kinds are none of our business."""
    text = "\n---\n".join(
        (
            "kind: ConfigMap\napiVersion: v1\nmetadata: {name: SealedSecret}",
            text_of(sealed(name="one")),
            "apiVersion: v1\nkind: List\nitems:\n- "
            + text_of(sealed(name="two")).replace("\n", "\n  "),
            "apiVersion: example.com/v1\nkind: SealedSecret\nmetadata: {name: other}",
        )
    )
    content = parse(text.encode(), "f.yaml")
    assert [each.key.name for each in content.objects] == ["one", "two"]
    assert content.problems == []
    assert content.is_complete


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_encodings_of_other_systems_are_read(encoding: str) -> None:
    """PowerShell writes UTF-16."""
    (found,) = parse(GOOD.encode(encoding), "f.yaml").objects
    assert str(found.key) == "shop/db"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "metadata: {name: db}", "f.yaml:1:1: a SealedSecret without a namespace; write"),
        (HEAD + "metadata: {namespace: shop}", "f.yaml:1:1: a SealedSecret needs metadata.names"),
        (HEAD + "metadata: {name: 1, namespace: shop}", "f.yaml:1:1: a SealedSecret needs meta"),
        (HEAD + "metadata: {name: ../x, namespace: shop}", "f.yaml:1:1: '../x' is no object name"),
        (HEAD + "metadata: {name: db, namespace: ../../x}", "f.yaml:1:1: '../../x' is no namesp"),
        (HEAD + "metadata: 5", "f.yaml:1:1: a SealedSecret without a namespace; write"),
        (HEAD + "metadata: {name: db", "f.yaml:3:20: did not find"),
        ("x: 1\n---\n" + HEAD + "a: 1\na: 2\n", "f.yaml:6:1: the key 'a' stands twice"),
        (
            "x: {{ SealedSecret }}\ny: [\n",
            "f.yaml:3:1: did not find expected node content; line 1: {{",
        ),
        (b"SealedSecret \xff", "f.yaml:1:14: the file is not UTF-8 text"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str | bytes, message: str) -> None:
    """A file whose objects are not all known is not complete, so nothing counts as removed."""
    (found,) = messages(text)
    assert found.startswith(message)
    data = text.encode() if isinstance(text, str) else text
    assert not parse(data, "f.yaml").is_complete


def test_broken_document_does_not_hide_the_others() -> None:
    """The good ones of a file are worked on."""
    content = parse(f"a: [SealedSecret\n---\n{GOOD}".encode(), "f.yaml")
    assert [each.key.name for each in content.objects] == ["db"]
    assert len(content.problems) == 1


def test_object_with_a_wrong_field_is_known_and_faulty() -> None:
    """What it is called is known, so its own status tells what is wrong with it."""
    text = GOOD.replace("{a: AgA=}", "{a: 5, b: [x]}")
    content = parse(text.encode(), "f.yaml")
    (found,) = content.objects
    assert content.problems == []
    assert found.fault is not None
    assert "spec.encryptedData.a must be a string" in found.fault.message
    assert "spec.encryptedData.b must be a string" in found.fault.message


def test_unreadable_file_that_mentions_no_sealed_secret_is_passed_over() -> None:
    """A Helm template is no fault of a folder; a file that held one before is never passed over."""
    template = b"kind: ConfigMap\nmetadata: {{ .Values.metadata }\n"
    assert messages(template) == []
    assert len(messages(template, is_known=True)) == 1


def test_digest_follows_the_object_and_spec_digest_the_spec() -> None:
    """The order of keys and the way of writing do not matter."""
    one = parse(GOOD.encode(), "f.yaml").objects[0]
    again = parse(GOOD.replace("name: db, ", "'name': \"db\", ").encode(), "g.yaml").objects[0]
    labelled = parse(GOOD.replace("{name: db", "{labels: {a: b}, name: db").encode(), "f").objects[
        0
    ]
    changed = parse(GOOD.replace("AgA=", "AgB=").encode(), "f.yaml").objects[0]
    assert one.digest == again.digest
    assert one.digest != labelled.digest
    assert one.spec_digest == labelled.spec_digest
    assert one.spec_digest != changed.spec_digest


@given(st.one_of(st.binary(), st.text().map(lambda text: (GOOD + text).encode("utf-8", "replace"))))
def test_junk_is_told_and_never_raised(data: bytes) -> None:
    """No file stops the others."""
    content = parse(data, "f.yaml", is_known=True)
    assert all(isinstance(each.fault, SealerError | None) for each in content.objects)
