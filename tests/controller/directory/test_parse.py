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


def faults(spec: str) -> str:
    """Return what is wrong with an object that has this `spec`."""
    (found,) = parse(GOOD.replace("spec: {encryptedData: {a: AgA=}}", spec).encode(), "f").objects
    return "" if found.fault is None else found.fault.message


def test_object_with_a_wrong_field_is_known_and_faulty() -> None:
    """What it is called is known, so its own status tells all that is wrong with it."""
    text = GOOD.replace("{a: AgA=}", "{a: 5, b: [x]}, template: {type: 5}")
    text = text.replace("{name: db", "{labels: {team: shop}, name: db")
    content = parse(text.encode(), "f.yaml")
    (found,) = content.objects
    assert content.problems == []
    assert found.fault is not None
    assert found.fault.message.split("; ") == [
        "spec.encryptedData.a must be a string and is a number",
        "spec.encryptedData.b must be a string and is a list",
        "spec.template.type must be a string and is a number",
    ]
    assert found.sealed.labels == {"team": "shop"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("specs: {encryptedData: {a: AgA=}}", "spec is missing"),
        ("spec:", "spec is missing"),
        ("spec: {}", "spec.encryptedData is missing"),
        ("spec: {encryptedDate: {a: AgA=}}", "spec.encryptedData is missing"),
        ("spec: {encryptedData: null}", "spec.encryptedData is missing"),
        ("spec: {encryptedData: [a]}", "spec.encryptedData must be a mapping and is a list"),
        ("spec: {encryptedData: a}", "spec.encryptedData must be a mapping and is a string"),
        ("spec: [a]", "spec must be a mapping and is a list"),
        (
            "spec: {template: {type: 1}}",
            "spec.encryptedData is missing; spec.template.type must be a string and is a number",
        ),
        (
            "spec: {encryptedData: {}, template: {metadata: {finalizers: a}}}",
            "spec.template.metadata.finalizers must be a list of strings",
        ),
        ("spec: {encryptedData: {}}", ""),
        ("spec: {encryptedData: {}, template: null}", ""),
        ("spec: {data: AgA=}", ""),
    ],
)
def test_what_a_cluster_would_refuse_is_refused(spec: str, message: str) -> None:
    """A field with another name than it should have must not make an empty Secret."""
    assert faults(spec) == message


def test_items_that_are_no_texts_are_left_to_whoever_opens_the_others() -> None:
    """So that all items that do not open are told of together."""
    (found,) = parse(GOOD.replace("a: AgA=", "a: 5, b: null, c: AgA=").encode(), "f").objects
    assert found.fault is None
    assert found.sealed.encrypted_data == {"a": "", "b": "", "c": "AgA="}
    assert found.sealed.odd_items == {"a": "a number", "b": "null"}


def test_unknown_fields_are_told_with_their_place_and_do_no_harm() -> None:
    """A cluster drops them without a word; the template's metadata is copied whole."""
    text = GOOD.replace(
        "{a: AgA=}}", "{a: AgA=}, templates: {}, template: {metadata: {x: 1}, Type: a}}\nx: 1"
    )
    content = parse(text.encode(), "f.yaml")
    assert [(each.source, each.message, each.is_harmless) for each in content.problems] == [
        ("f.yaml:5:1", "a SealedSecret has no field x: it is ignored", True),
        (
            "f.yaml:4:34",
            "spec has no field templates: it is ignored; did you mean template?",
            True,
        ),
        (
            "f.yaml:4:78",
            "spec.template has no field Type: it is ignored; did you mean type?",
            True,
        ),
    ]
    assert content.is_complete
    assert content.objects[0].fault is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\n", "f.yaml:2:1: did not find expected ',' or ']'"),
        ("kind: ConfigMap\nmetadata: {{ .Values.metadata }\n", "f.yaml:3:1: did not find"),
        (b"a: \xff", "f.yaml:1:4: the file is not UTF-8 text"),
    ],
)
def test_unreadable_file_of_others_is_told_and_does_no_harm(
    text: str | bytes, message: str
) -> None:
    """A Helm template is no fault of a folder; a file that held an object may hold it still."""
    data = text.encode() if isinstance(text, str) else text
    others, ours = parse(data, "f.yaml"), parse(data, "f.yaml", is_known=True)
    assert messages(data)[0].startswith(message)
    assert [each.is_harmless for each in others.problems] == [True]
    assert others.is_complete
    assert [each.is_harmless for each in ours.problems] == [False]
    assert not ours.is_complete


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "a: !Ref b\n", "[" * 300, "# nothing\n", ""])
def test_readable_file_of_others_is_passed_over(text: str) -> None:
    """What is no fault of YAML is no business of ours: tags, keys that stand twice, depth."""
    assert messages(text) == []


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
