"""Advice about Secrets: placeholders are recognised, and keys are named as they are written."""

import base64

import pytest

from sealer.errors import InputError, ManyErrors
from sealer.sealing.stream import SealedStream, seal_stream
from tests.support import vectors

HEAD = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: shop\n"
RENDER = "looks like a placeholder of a template"


def _seal(text: str) -> SealedStream:
    certificate = vectors.key_pair("rsa2048").certificate
    assert certificate is not None
    return seal_stream(text.encode(), certificate)


def _faults(text: str) -> list[tuple[str, str, str]]:
    """Return place, message and hint of every fault."""
    with pytest.raises((InputError, ManyErrors)) as caught:
        _seal(text)
    error = caught.value
    faults = error.errors if isinstance(error, ManyErrors) else (error,)
    return [
        (str(fault.where), fault.message, fault.hint)
        for fault in faults
        if isinstance(fault, InputError)
    ]


@pytest.mark.parametrize(
    ("items", "fault"),
    [
        ("  n: 5\n", ("7:6", "stringData.n must be a string and is a number")),
        ("  On: yes\n", ("7:7", "stringData.On must be a string and is a boolean")),
        ("  1.50: ~\n", ("7:9", "stringData.1.50 must be a string and is null")),
        ('  "no": 5\n', ("7:9", "stringData.no must be a string and is a number")),
        ("  0x10: [a]\n", ("7:3", "stringData.0x10 must be a string and is a list")),
    ],
)
def test_fault_of_an_item_names_the_key_as_it_is_written(
    items: str, fault: tuple[str, str]
) -> None:
    """Kubernetes reads `n` as `false`; whoever looks for it in the file looks for `n`."""
    assert [found[:2] for found in _faults(HEAD + "stringData:\n" + items)] == [fault]


def test_fault_of_a_label_names_the_key_as_it_is_written() -> None:
    """Not items only."""
    ((place, message, _),) = _faults(HEAD + "  labels: {y: 1}\nstringData: {a: b}\n")
    assert (place, message) == ("6:15", "metadata.labels.y must be a string and is a number")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (HEAD + 'stringData:\n  "a b": text\n', "7:3"),
        (HEAD + "data:\n  a/b: dGV4dA==\n", "7:3"),
        (
            HEAD + "type: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: text\n",
            "8:22",
        ),
        (HEAD + "type: kubernetes.io/ssh-auth\nstringData:\n  ssh-privatekey: ''\n", "8:19"),
    ],
)
def test_fault_points_at_the_key_or_value_that_is_wrong(text: str, place: str) -> None:
    """A wrong key is at fault itself; an item is looked for where it stands."""
    assert [fault[0] for fault in _faults(text)] == [place]


@pytest.mark.parametrize(
    ("text", "place"),
    [("  n: text\n", "7:3"), ("  a: b\ntpye: x\n", "8:1")],
)
def test_warning_about_a_key_points_at_the_key(text: str, place: str) -> None:
    """Not at what stands under it."""
    (warning,) = _seal(HEAD + "stringData:\n" + text).warnings
    assert str(warning.where) == place


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "stringData:\n  a: {{ .Values.a }}\n", "line 7: {{"),
        (HEAD + "stringData:\n  {{- if .Values.a }}\n  a: b\n  {{- end }}\n", "line 7: {{"),
        (HEAD + "stringData:\n{% if a %}\n  a: b\n{% endif %}\n", "line 7: {%"),
        (HEAD + "stringData:\n<% a %>\n  a: b\n", "line 7: <%"),
        (HEAD + "stringData: ${VALUES}\n", "${"),
        (HEAD.replace("db", "'{{ .Release.Name }}'") + "stringData: {a: b}\n", "{{"),
        (HEAD.replace("shop", "$" + "{NAMESPACE}") + "stringData: {a: b}\n", "${"),
        (HEAD + "data:\n  a: '{{ .Values.a | b64enc }}'\n", "{{"),
        (HEAD + "immutable: '{{ .Values.immutable }}'\nstringData: {a: b}\n", "{{"),
    ],
)
def test_fault_of_a_template_says_that_it_is_one(text: str, said: str) -> None:
    """Helm, Jinja and others are named wherever the placeholder stands."""
    ((_, _, hint),) = _faults(text)
    assert hint.startswith(f"{said} {RENDER} (")
    assert hint.endswith("render it first")


def test_fault_of_a_template_shows_nothing_of_the_placeholder() -> None:
    """A placeholder may hold a literal, which is a value."""
    ((_, message, hint),) = _faults(HEAD + "data:\n  a: '{{ \"hunter2\" | b64enc }}'\n")
    assert "hunter2" not in message + hint


@pytest.mark.parametrize("value", ["{{ .Values.a }}", "${PASSWORD}", "<path:kv/db#password>"])
@pytest.mark.parametrize("section", ["data", "stringData"])
def test_placeholder_as_a_value_is_sealed_with_a_warning(section: str, value: str) -> None:
    """It is text like any other, and hardly ever meant."""
    text = value if section == "stringData" else base64.b64encode(value.encode()).decode()
    (warning,) = _seal(HEAD + f'{section}:\n  a: "{text}"\n').warnings
    assert warning.message == "the value is a placeholder, and is sealed as it is written"
    assert str(warning.where) == "7:6"
    assert warning.where.item == f"{section}.a"


@pytest.mark.parametrize("value", ["${A:-default} {{", "route: {{ .GroupLabels }}", "$(", "op:/x"])
def test_text_with_braces_in_it_is_no_placeholder(value: str) -> None:
    """Configuration of other programs may hold what looks like one."""
    assert _seal(HEAD + f'stringData:\n  a: "{value}"\n').warnings == ()
