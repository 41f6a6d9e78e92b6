"""After the installation the notes say what comes next, with commands that fit it."""

import base64
import shlex
from typing import Any

import click
import pytest

from sealer.cli.main import cli
from tests.chart.helm import objects

NOTES = '{{ include "sealed-secrets/templates/NOTES.txt" . | b64enc }}'


def notes(values: dict[str, Any], namespace: str = "kube-system") -> str:
    """Return the notes, which `helm template` prints only as part of an object."""
    probe = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "notes"},
        "data": {"notes": NOTES},
    }
    found = objects({**values, "extraDeploy": [probe]}, namespace=namespace)
    (text,) = (each["data"]["notes"] for each in found if each["metadata"]["name"] == "notes")
    return base64.b64decode(text).decode()


def commands(text: str) -> list[list[str]]:
    """Return the commands that the notes tell people to run."""
    lines = (line.strip() for line in text.splitlines() if line.startswith("  "))
    return [shlex.split(line.split(" <")[0]) for line in lines]


def test_notes_by_default_need_no_flags_and_warn_of_the_image_alone() -> None:
    """In kube-system, kubeseal and sealer find the controller by themselves."""
    text = notes({})
    assert "--controller" not in text
    assert text.count("WARNING") == 1
    assert "The image is sealer-controller:" in text
    assert "WARNING" not in notes({"image": {"registry": "registry.example.com"}})


def test_notes_elsewhere_give_the_flags() -> None:
    """Each command that needs them has them."""
    text = notes({"fullnameOverride": "vault"}, namespace="secrets")
    flags = "--controller-name vault --controller-namespace secrets"
    assert f"sealer seal {flags} < secret.yaml" in text
    assert f"sealer doctor {flags}" in text
    assert f"both take {flags}." in text
    assert "sealer keys backup --controller-namespace secrets --write keys.backup" in text


@pytest.mark.parametrize("values", [{}, {"fullnameOverride": "vault", "namespace": "secrets"}])
def test_commands_of_the_notes_exist(values: dict[str, Any]) -> None:
    """The program has these commands, and they have these options."""
    ours = [words for words in commands(notes(values)) if words[0] == "sealer"]
    assert len(ours) == 3
    for words in ours:
        command: click.Command = cli
        rest = words[1:]
        context = click.Context(cli, info_name="sealer")
        while isinstance(command, click.Group):
            found = command.get_command(context, rest.pop(0))
            assert found is not None, words
            command = found
        known = {name for option in command.params for name in option.opts}
        assert {word for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"image": {"repository": "bitnami/sealed-secrets-controller"}}, "the original"),
        ({"image": {"tag": 20240101}}, "image.tag is 20240101, and this chart is made for"),
        ({"replicaCount": 2}, "replicaCount is no value of this chart, and has no effect."),
        ({"skiprecreate": True}, "has no effect; it may mean skipRecreate."),
        ({"image": {"tag": "0.38.4"}}, "image.tag is 0.38.4, and this chart is made for"),
        ({"replicas": 1}, "There is one replica"),
        ({"replicas": 1, "pdb": {"minAvailable": 1}}, "no node that runs one can be drained"),
        ({"resources": {"limits": {"memory": "64Mi"}}}, "memory is 64Mi, and the controller"),
        ({"args": ["--workers=2"]}, "args takes the place"),
        ({"rbac": {"pspEnabled": True}}, "rbac.pspEnabled has no effect"),
        ({"rbac": {"create": False}}, "give the ServiceAccount sealed-secrets-controller its"),
        ({"serviceAccount": {"create": False}}, "given to the ServiceAccount default"),
        ({"createController": False}, "no controller: createController is false"),
    ],
)
def test_notes_warn_of_what_may_surprise(values: dict[str, Any], words: str) -> None:
    """What works, and perhaps not as somebody thinks."""
    assert words in notes(values)
    assert words not in notes({})


def test_notes_do_not_warn_of_enough_memory() -> None:
    """Nor of a limit in larger units, or none."""
    for limits in ({"memory": "128Mi"}, {"memory": "1Gi"}, {}, None):
        assert "takes 58 MiB" not in notes({"resources": {"limits": limits}})


def test_notes_do_not_warn_of_names_that_are_meant_to_be_there() -> None:
    """Anchors, what a parent chart gives its parts, and what is null."""
    values = {"x-resources": {"a": 1}, "global": {"a": 1}, "enabled": True, "existingSecret": None}
    assert "is no value" not in notes(values)
