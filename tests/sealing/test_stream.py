"""Sealing a file: what is replaced and how it looks, what stays, and what is refused."""

import pytest

from sealer.documents import read_stream
from sealer.errors import DocumentError, InputError, ManifestError, ManyErrors, SealerError
from sealer.scope import Scope
from sealer.sealing.seal import SealOptions
from sealer.sealing.splice import Form
from sealer.sealing.stream import SealedStream, StreamOptions, find_secrets, seal_stream
from sealer_keys.certificate import Certificate
from tests.support import vectors

VALUE = "correct-horse-battery"
SECRET = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
stringData:
  password: {VALUE}
"""
JSON_SECRET = (
    '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"}, '
    '"data": {"password": "Y29ycmVjdC1ob3JzZQ=="}}'
)
CONFIG = '{"apiVersion": "v1", "kind": "ConfigMap"}'


def _certificate() -> Certificate:
    certificate = vectors.key_pair("rsa2048").certificate
    assert certificate is not None
    return certificate


def _seal(text: str | bytes, options: StreamOptions | None = None) -> SealedStream:
    data = text if isinstance(text, bytes) else text.encode()
    return seal_stream(data, _certificate(), options)


def _shape(result: SealedStream) -> str:
    """Return the result with the ciphertext cut out."""
    text = result.data.decode()
    for sealed in result.sealed:
        for value in sealed.encrypted_data.values():
            text = text.replace(value, "SEALED")
    return text


def _refusal(text: str | bytes, options: StreamOptions | None = None) -> list[SealerError]:
    with pytest.raises(SealerError) as caught:
        _seal(text, options)
    error = caught.value
    faults = list(error.errors) if isinstance(error, ManyErrors) else [error]
    assert all(VALUE not in f"{fault.message} {fault.hint}" for fault in faults)
    return faults


def _places(faults: list[SealerError]) -> list[str]:
    return [str(fault.where) for fault in faults if isinstance(fault, InputError)]


SEALED = """\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: db
  namespace: shop
spec:
  encryptedData:
    password: SEALED
  template:
    metadata:
      name: db
      namespace: shop
"""


def _item(blanks: str = "  ") -> str:
    head, *rest = SEALED.splitlines()
    return "\n".join([head, *(blanks + line for line in rest)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SECRET, f"---\n{SEALED}"),
        (f"---\n{SECRET}", f"---\n{SEALED}"),
        (f"--- # mine\n{SECRET}", f"--- # mine\n{SEALED}"),
        (f"# mine\n\n{SECRET}", f"# mine\n\n---\n{SEALED}"),
        (f"{SECRET}# after\n...\n", f"---\n{SEALED}# after\n...\n"),
        (f"--- {JSON_SECRET}\n", f"---\n{SEALED}"),
        (JSON_SECRET, f"---\n{SEALED}"),
        (f"{CONFIG} {JSON_SECRET}{CONFIG}", f"{CONFIG} \n---\n{SEALED}---\n{CONFIG}"),
        (f"{JSON_SECRET}\n\n{JSON_SECRET}\n", f"---\n{SEALED}---\n{SEALED}"),
        (f"%YAML 1.1\n---\n{SECRET}", f"%YAML 1.1\n---\n{SEALED}"),
        (SECRET.replace("kind:", "# inside\nkind:"), f"---\n{SEALED}"),
        (SECRET.removesuffix("\n") + "  # beside", f"---\n{SEALED}"),
        (
            SECRET.replace(f"{VALUE}\n", f"|\n    {VALUE}\n\n") + "# after\n",
            f"---\n{SEALED}# after\n",
        ),
        (
            "apiVersion: v1\nkind: List\nitems:\n- " + SECRET.replace("\n", "\n  ").rstrip(" "),
            f"apiVersion: v1\nkind: List\nitems:\n- {_item()}\n",
        ),
        (
            "- " + SECRET.replace("\n", "\n  ").rstrip() + " # beside\n# mine\n",
            f"- {_item()}\n# mine\n",
        ),
        (
            "- " + SECRET.replace("\n", "\n  ").rstrip(" ") + "- apiVersion: v1\n  kind: Pod\n",
            f"- {_item()}\n- apiVersion: v1\n  kind: Pod\n",
        ),
    ],
)
def test_seal_stream_puts_the_sealed_object_in_place(before: str, after: str) -> None:
    """Every shape of a document has one result, comments around it included."""
    assert _shape(_seal(before)) == after


def test_seal_stream_keeps_a_json_list_json_in_its_own_layout() -> None:
    """Spread over lines where the old item was; on one line where it was."""
    spread = '{\n  "kind": "List",\n  "apiVersion": "v1",\n  "items": [\n    {\n"kind": "Secret",'
    spread += JSON_SECRET.replace('"kind": "Secret",', "")[1:-1] + "\n    }\n  ]\n}\n"
    lines = _seal(spread).data.decode().splitlines()
    assert lines[4:7] == ["    {", '      "kind": "SealedSecret",', lines[6]]
    assert lines[-3:] == ["    }", "  ]", "}"]
    flat = f'{{"kind": "List", "apiVersion": "v1", "items": [{JSON_SECRET}, {CONFIG}]}}'
    assert "\n" not in _seal(flat).data.decode()


def test_seal_stream_as_json_writes_json() -> None:
    """Between JSON values only blanks are left; ciphertext aside, the text is stable."""
    result = _seal(f"# mine\n{SECRET}---\n{CONFIG}\n", StreamOptions(form=Form.JSON))
    text = _shape(result)
    assert text.startswith('{\n  "kind": "SealedSecret",\n  "apiVersion"')
    assert text.endswith("}\n" + CONFIG + "\n")


def test_seal_stream_as_json_with_other_yaml_is_refused() -> None:
    """What cannot pass byte for byte into JSON is named."""
    text = f"{SECRET}---\nkind: Pod\napiVersion: v1\n"
    faults = _refusal(text, StreamOptions(form=Form.JSON))
    assert _places(faults) == ["9:1"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_seal_stream_keeps_the_encoding(encoding: str) -> None:
    """A byte-order mark and the width of characters stay."""
    before = SECRET.encode(encoding)
    after = _seal(before).data
    assert after.decode(encoding).startswith("---\n")
    assert after[:2] == before[:2] or encoding.endswith(("le", "be"))
    assert not find_secrets(after).secrets


def test_seal_stream_without_secrets_gives_the_same_bytes() -> None:
    """Other kinds, and Secrets of other API groups, pass."""
    text = (
        "kind: Pod\napiVersion: v1\n---\nkind: Secret\napiVersion: example.com/v1\ndata: {a: b}\n"
    )
    result = _seal(text)
    assert result.data == text.encode()
    assert result.others == ("Pod", "Secret")


@pytest.mark.parametrize("version", ["v1beta1", "v2", "core"])
def test_seal_stream_secret_of_an_unknown_version_is_refused(version: str) -> None:
    """What the hook takes for a readable Secret is never passed through in silence."""
    text = f"kind: Secret\napiVersion: {version}\nmetadata: {{name: a}}\nstringData: {{a: b}}\n"
    with pytest.raises(ManifestError, match=f"no Secret of apiVersion '{version}'") as caught:
        _seal(text)
    assert (caught.value.where.line, caught.value.where.column) == (2, 13)


@pytest.mark.parametrize(
    "text",
    [
        f"# {VALUE}\n{SECRET}",
        f"--- # {VALUE}\n{SECRET}",
        f"{SECRET}# password: {VALUE}\n",
        f"{SECRET.rstrip()} # {VALUE}\n",
        f"{SECRET}# Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5\n",
        f"kind: Pod\napiVersion: v1\n# {VALUE}\n---\n{SECRET}",
        "- kind: Pod\n  apiVersion: v1\n  # " + VALUE + "\n- " + SECRET.replace("\n", "\n  "),
        SECRET.replace("kind:", f"# {VALUE}\nkind:"),
    ],
)
def test_seal_stream_takes_comments_with_a_copy_of_a_value_out(text: str) -> None:
    """Commented-out values are values; whoever wrote them is told the line."""
    result = _seal(text)
    assert VALUE.encode() not in result.data
    assert b"Y29ycmVjdC" not in result.data
    (warning,) = result.warnings
    assert warning.where.line == next(
        number for number, line in enumerate(text.splitlines(), 1) if "#" in line
    )


def test_seal_stream_leaves_no_empty_line_for_a_comment() -> None:
    """A comment line goes as a whole; beside code only the comment goes."""
    text = f"kind: Pod # {VALUE}\napiVersion: v1\n---\n# {VALUE}\n{SECRET}"
    assert _seal(text).data.startswith(b"kind: Pod # " + VALUE.encode())
    inside = f"- kind: Pod # {VALUE}\n  apiVersion: v1\n- " + SECRET.replace("\n", "\n  ")
    assert _seal(inside).data.startswith(b"- kind: Pod\n  apiVersion: v1\n- apiVersion: bit")


def test_seal_stream_takes_a_hash_in_a_value_for_no_comment() -> None:
    """Text that looks like a comment but is data stays, copy or not."""
    text = f"- kind: ConfigMap\n  apiVersion: v1\n  data:\n    a: |\n      # {VALUE}\n- "
    result = _seal(text + SECRET.replace("\n", "\n  "))
    assert f"      # {VALUE}\n".encode() in result.data
    assert not result.warnings


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", [""]),
        ("# nothing\n", [""]),
        ("a: [1\n", ["2:1"]),
        (f"{SECRET}---\n\tx: y\n", ["9:1"]),
        ("x: y\n", ["1:1"]),
        ("just text\n", ["1:1"]),
        ("[]\n", ["1:1"]),
        ("kind: Secret\ndata: {}\n", ["1:1"]),
        ("apiVersion: v1\ndata: {}\n", ["1:1"]),
        (SECRET.replace("kind: Secret", "kind: secret"), ["2:7"]),
        (SECRET + "kind: Secret\n", ["8:1"]),
        (SECRET.replace("name: db", "name: D_B"), ["3:1"]),
        (JSON_SECRET.replace('"db"', '"\\ud800"'), ["1:61"]),
        (JSON_SECRET.replace('"data"', '"stringData"').replace('=="', '\\udc00"'), ["1:116"]),
        (SECRET.replace("  name: db\n", ""), ["3:1"]),
        (SECRET.replace("  namespace: shop\n", ""), ["3:1"]),
        (SECRET.replace("stringData:", "data:"), ["7:13"]),
        (SECRET.replace(VALUE, "yes"), ["7:13"]),
        (SECRET.replace("password:", "pass word:"), ["7:3"]),
        (SECRET.replace("stringData", "strData"), ["1:1"]),
        (SECRET + "type: kubernetes.io/tls\n", ["1:1"]),
        (SECRET + "type: kubernetes.io/service-account-token\n", ["8:7"]),
        (SECRET + "sops: {mac: x}\n", ["8:1"]),
        ("a: b\n---\n" + SECRET.replace("name: db", "name: 1"), ["1:1", "6:9"]),
        ("- &a\n  " + SECRET.replace("\n", "\n  ") + "\n- *a\n", ["1:3"]),
        (
            "- "
            + SECRET.replace("name: db", "name: &n db").replace("\n", "\n  ")
            + "\n- kind: Pod\n  apiVersion: v1\n  name: *n\n",
            ["1:1"],
        ),
    ],
)
def test_seal_stream_refuses_with_every_place(text: str, places: list[str]) -> None:
    """What cannot be used is named with line and column, each fault of it."""
    assert _places(_refusal(text)) == places


def test_seal_stream_names_object_and_document() -> None:
    """The place of a fault says whose it is."""
    text = f"{SECRET}---\n{SECRET.replace('stringData:', 'data:')}"
    (fault,) = _refusal(text)
    assert isinstance(fault, ManifestError)
    where = fault.where
    assert (where.document, where.namespace, where.name) == (2, "shop", "db")
    assert where.item == "data.password"


@pytest.mark.parametrize("field", ["name: db", "namespace: shop"])
def test_seal_stream_refuses_names_that_the_scope_does_not_bind(field: str) -> None:
    """A name that no object can have is refused, cluster-wide and without items too."""
    text = SECRET.replace(field, f"{field.split(':', maxsplit=1)[0]}: D_B").split("stringData")[0]
    options = StreamOptions(SealOptions(scope=Scope.CLUSTER_WIDE, allow_empty=True))
    assert _places(_refusal(text, options)) == ["3:1"]


def test_seal_stream_of_bytes_that_are_no_text_is_refused() -> None:
    """Latin-1 and binaries are told by line and column."""
    (fault,) = _refusal(b"# caf\xe9\n" + SECRET.encode())
    assert isinstance(fault, DocumentError)
    assert str(fault.where) == "1:6"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SECRET + "stringdata: {a: b}\n", "no field stringdata"),
        (SECRET + "  n: a\n", "key n is read as false"),
        (SECRET + "  1.0: a\n", "key 1.0 is read as 1"),
        (SECRET + f"  big: {'x' * 200_000}\n", "kubectl apply"),
        (SECRET + f"  big: {'x' * 1_040_000}\n", "kubectl apply"),
    ],
)
def test_seal_stream_warns_of_what_gets_lost_or_will_not_fit(text: str, said: str) -> None:
    """It seals all the same, and says what is odd."""
    (warning,) = _seal(text).warnings
    assert said in warning.message


def test_seal_stream_warns_of_an_annotation_with_a_copy() -> None:
    """The place is the annotations'."""
    text = SECRET.replace("  name: db\n", f"  name: db\n  annotations:\n    note: is {VALUE}\n")
    (warning,) = _seal(text).warnings
    assert "annotation note" in warning.message
    assert warning.where.line == 5


def test_seal_stream_remarks_on_short_values() -> None:
    """The ciphertext tells the length, which tells much of a short value."""
    result = _seal(SECRET + "  pin: '1234'\n")
    assert [remark.where.item for remark in result.remarks] == ["stringData.pin"]


def test_seal_stream_reads_secrets_of_a_secret_list() -> None:
    """Items of a SecretList need not say what they are."""
    body = SECRET.split("\n", 2)[2].replace("\n", "\n  ")
    result = _seal(f"apiVersion: v1\nkind: SecretList\nitems:\n- {body}")
    assert len(result.sealed) == 1


def test_seal_stream_takes_options_for_every_secret() -> None:
    """Scope, name and namespace are those that were asked for."""
    options = StreamOptions(SealOptions(name="other"))
    (sealed,) = _seal(SECRET, options).sealed
    assert sealed.name == "other"


@pytest.mark.parametrize(
    "text",
    [
        "replicas: 3\nimage: {tag: x}\n",
        "{{ if .Values.x }}\nkind: Deployment\n{{ end }}\n",
        "# Secret stuff\nname: x\n",
        "[1, 2]",
        "",
        "kind: ConfigMap\nkind: ConfigMap\n",
    ],
)
def test_find_secrets_in_a_folder_leaves_what_is_no_manifest(text: str) -> None:
    """Values files, charts and data files are nobody's fault."""
    assert not find_secrets(text.encode(), lenient=True).secrets


@pytest.mark.parametrize(
    "text",
    [
        "{{ if .Values.x }}\nkind: Secret\n{{ end }}\n",
        "kind: Secret\ndata: {a: Yg==}\n",
        SECRET + "kind: Secret\n",
        SECRET + "---\nx: y\n",
        '{"kind":"Secret",,}',
    ],
)
def test_find_secrets_in_a_folder_refuses_what_may_be_a_secret(text: str) -> None:
    """A Secret that cannot be read is not passed over."""
    with pytest.raises(SealerError):
        find_secrets(text.encode(), lenient=True)


def test_find_secrets_in_a_folder_leaves_other_encodings() -> None:
    """A file that is no text is none of ours, unless a Secret is in it."""
    assert not find_secrets(b'{"a": "caf\xe9"}', lenient=True).survey.is_manifest
    with pytest.raises(DocumentError):
        find_secrets(b"# caf\xe9\nkind: Secret\n", lenient=True)


def test_sealed_stream_parses_as_before() -> None:
    """The number of documents stays, so that nothing was swallowed."""
    text = f"{SECRET}---\n{CONFIG}\n---\n{SECRET}"
    assert len(read_stream(_seal(text).data).documents) == 3
