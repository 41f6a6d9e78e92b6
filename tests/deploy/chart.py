"""The chart, installed with the real helm."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from tests.cluster.server import Cluster
from tests.deploy.installation import SYSTEM
from tests.deploy.manifests import DEPLOY

__all__ = ["CHART", "RELEASE", "Values", "installed", "one", "uninstall", "upgrade"]

CHART = DEPLOY / "chart"
RELEASE = "sealed-secrets"

Object = dict[str, Any]
Values = Mapping[str, object]


def upgrade(
    cluster: Cluster, values: Values | None = None, *options: str, namespace: str = SYSTEM
) -> list[Object]:
    """Install the chart, or upgrade to other values; return the objects that it made.

    The kind SealedSecret may have been installed before, by whatever test. Without --reset-values
    helm keeps those of the last release where none are given.
    """
    given = json.dumps(values or {})
    place = (RELEASE, CHART, "--namespace", namespace, "--take-ownership", "--reset-values")
    cluster.helm("upgrade", "--install", *place, "--values", "-", *options, given=given)
    return installed(cluster, namespace)


def installed(cluster: Cluster, namespace: str = SYSTEM) -> list[Object]:
    """Return the objects of the release."""
    text = cluster.helm("get", "manifest", RELEASE, "--namespace", namespace)
    return [each for each in yaml.safe_load_all(text) if each]


def uninstall(cluster: Cluster, namespace: str = SYSTEM) -> None:
    """Remove the release; the CustomResourceDefinition stays."""
    cluster.helm("uninstall", RELEASE, "--namespace", namespace, "--ignore-not-found")


def one(objects: list[Object], kind: str, name: str) -> Object:
    """Return the object of this kind and name."""
    (found,) = (
        each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name
    )
    return found
