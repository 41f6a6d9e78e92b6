"""The manifests of `deploy/`, as objects."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
NAME = "sealed-secrets-controller"

Object = dict[str, Any]


def load(path: Path) -> list[Object]:
    """Return the objects of one file."""
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def installed() -> list[Object]:
    """Return the objects that `kubectl apply -k deploy/` applies."""
    (kustomization,) = load(DEPLOY / "kustomization.yaml")
    return [each for name in kustomization["resources"] for each in load(DEPLOY / name)]


def one(kind: str, name: str) -> Object:
    """Return the object of this kind and name."""
    (found,) = (
        each for each in installed() if each["kind"] == kind and each["metadata"]["name"] == name
    )
    return found


def rights(rules: list[Object]) -> set[tuple[str, str, str]]:
    """Return what rules grant: group, resource and verb."""
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
