"""The commands that the report gives do mend the findings: the next run passes."""

import re
import shlex

import click
import pytest

from sealer.cli.main import cli
from sealer.detect.rules import RULES, Rule
from sealer_hooks.main import main
from tests.hooks.repository import Repository
from tests.support.vectors import KEYS

_HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\n"
_JSON = (
    '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db","namespace":"shop"},'
    '"data":{"a":"aHVudGVyMg=="}}'
)
_CERTIFICATE = ("--cert", str(KEYS / "peer-a.crt.pem"))


@pytest.mark.parametrize(
    "data",
    [
        f"{_HEAD}stringData: {{a: hunter2}}\n".encode(),
        f"# note\n{_HEAD}data:\n  a: aHVudGVyMg==\n---\napiVersion: v1\nkind: ConfigMap\n".encode(),
        f"apiVersion: v1\nkind: List\nitems:\n- {_JSON}\n".encode(),
        _JSON.encode(),
        f"{_HEAD}stringData: {{a: hunter2}}\n".encode("utf-16"),
        f"{_HEAD}stringData: {{a: hunter2}}\n".replace("\n", "\r\n").encode(),
    ],
    ids=["plain", "stream", "list", "json", "utf-16", "crlf"],
)
def test_remedy_of_a_readable_value_mends_the_file(
    repository: Repository, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    """What the hook refuses as a Secret, `sealer seal` can seal where it stands."""
    repository.write("it's a secret.yaml", data)
    assert main(["--staged"]) == 1
    sealed = repository.run(*shlex.split(_remedy(capsys)), *_CERTIFICATE)
    assert sealed.returncode == 0, sealed.stderr
    repository.git("add", ".")
    assert main(["--staged"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("count", [1, 2])
def test_remedy_of_a_secret_without_namespace_asks_for_one(
    repository: Repository, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    """Nothing in the file says what it is sealed for."""
    one = f"{_HEAD}stringData: {{a: hunter2}}\n".replace(", namespace: shop", "")
    repository.write("api.yaml", "---\n".join([one] * count))
    assert main(["--staged"]) == 1
    remedy = _remedy(capsys)
    assert remedy == "sealer seal --in-place -n NAMESPACE api.yaml"
    command = shlex.split(remedy.replace("NAMESPACE", "shop"))
    sealed = repository.run(*command, *_CERTIFICATE)
    assert sealed.returncode == 0, sealed.stderr
    repository.git("add", ".")
    assert main(["--staged"]) == 0


def test_remedy_of_a_secret_without_name_asks_for_one(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name is sealed along; nothing in the file says which."""
    one = f"{_HEAD}stringData: {{a: hunter2}}\n".replace("name: db, namespace: shop", "")
    repository.write("api.yaml", one)
    assert main(["--staged"]) == 1
    remedy = _remedy(capsys)
    assert remedy == "sealer seal --in-place -n NAMESPACE --name NAME api.yaml"
    command = shlex.split(remedy.replace("NAMESPACE", "shop").replace("NAME", "api"))
    sealed = repository.run(*command, *_CERTIFICATE)
    assert sealed.returncode == 0, sealed.stderr
    repository.git("add", ".")
    assert main(["--staged"]) == 0


def test_remedy_of_several_secrets_without_name_says_to_write_them(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """One option cannot name two."""
    one = f"{_HEAD}stringData: {{a: hunter2}}\n".replace("name: db, ", "")
    repository.write("api.yaml", f"{one}---\n{one}")
    assert main(["--staged"]) == 1
    expected = "write metadata.name where it is missing, then sealer seal --in-place api.yaml"
    assert _remedy(capsys) == expected


def test_remedy_of_secrets_with_and_without_namespace_mends_the_file(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """An option would be refused for those that have another one."""
    one = f"{_HEAD}stringData: {{a: hunter2}}\n"
    repository.write("api.yaml", f"{one.replace(', namespace: shop', '')}---\n{one}")
    assert main(["--staged"]) == 1
    advice, _, command = _remedy(capsys).partition(", then ")
    assert advice == "write metadata.namespace where it is missing"
    repository.write("api.yaml", f"{one.replace('shop', 'other')}---\n{one}")
    sealed = repository.run(*shlex.split(command), *_CERTIFICATE)
    assert sealed.returncode == 0, sealed.stderr


def test_remedy_of_an_unsealed_value_prints_what_to_put_there(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command reads the value and prints it sealed for this very object."""
    metadata = "metadata: {name: db, namespace: shop}"
    head = f"apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n{metadata}\n"
    text = f"{head}spec:\n  encryptedData:\n    a: aHVudGVyMg==\n"
    repository.write("sealed.yaml", text)
    repository.write("value", "hunter2")
    assert main(["--staged"]) == 1
    _, _, command = _remedy(capsys).partition(": ")
    printed = repository.run(*shlex.split(command), "value", *_CERTIFICATE)
    assert printed.returncode == 0, printed.stderr
    repository.write("sealed.yaml", text.replace("aHVudGVyMg==", printed.stdout))
    assert main(["--staged"]) == 0


_OUT_OF_OBJECT = (
    "move the Secret out of the object around it into a manifest of its own, and seal that: "
    "sealer seal --in-place MANIFEST"
)
_COPY = """annotations: {a: '{"kind":"Secret","stringData":{"a":"hunter2"}}'}"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"kind: SyncSet\nspec: {{resources: [{_JSON}]}}\n",
            _OUT_OF_OBJECT,
        ),
        (f"kind: List\nitems:\n- {_JSON}\n", "sealer seal --in-place a.yaml"),
        (f"kind: SealedSecret\nmetadata:\n  {_COPY}\n", "delete the annotation"),
        (
            f"{_HEAD}  {_COPY}\ndata: {{a: eHk=}}\n".replace(
                "metadata: {name: db, namespace: shop}", "metadata:\n  name: db\n  namespace: shop"
            ),
            "sealer seal --in-place a.yaml",
        ),
    ],
    ids=["nested", "list", "copy on a SealedSecret", "copy on a Secret"],
)
def test_remedy_fits_where_the_value_stands(
    repository: Repository, capsys: pytest.CaptureFixture[str], text: str, expected: str
) -> None:
    """A command that leaves the file as it is would be no way out."""
    repository.write("a.yaml", text)
    assert main(["--staged"]) == 1
    assert _remedy(capsys) == expected


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_remedy_names_no_command_that_is_not_there(rule: Rule) -> None:
    """Every command of ours that a way out names can be typed."""
    for words in re.findall(r"\bsealer ((?:[a-z]+ ?)+)", rule.remedy.format(path="", seal="")):
        command: click.Command = cli
        for word in words.split():
            if isinstance(command, click.Group):
                found = command.get_command(click.Context(command), word)
                assert found is not None, words
                command = found


def _remedy(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one way out that the report shows."""
    (remedy,) = [
        line.removeprefix("  fix: ")
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("  fix: ")
    ]
    return remedy
