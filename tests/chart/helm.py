"""Render the chart with the real helm, which needs no cluster for that."""

import functools
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sealer.documents.emit import emit_json
from tests.cluster import binaries

__all__ = [
    "CHART",
    "NAMESPACE",
    "RELEASE",
    "Object",
    "RefusedError",
    "objects",
    "program",
    "render",
]

CHART = Path(__file__).resolve().parents[2] / "deploy" / "chart"
RELEASE = "sealed-secrets"
NAMESPACE = "kube-system"
Object = dict[str, Any]


class RefusedError(Exception):
    """Helm does not render the chart with these values; the text says why."""


def render(
    values: Mapping[str, Any] | None = None,
    *,
    release: str = RELEASE,
    namespace: str = NAMESPACE,
    chart: Path = CHART,
) -> str:
    """Return what `helm template` prints for a file of these values.

    Raises:
        RefusedError: It prints none.
    """
    return _template(emit_json(dict(values or {})), release, namespace, chart)


@functools.cache
def _template(values: str, release: str, namespace: str, chart: Path) -> str:
    done = subprocess.run(
        [program(), "template", release, chart, "--namespace", namespace, "--values", "-"],
        input=values,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RefusedError(done.stderr)
    return done.stdout


def objects(
    values: Mapping[str, Any] | None = None,
    *,
    release: str = RELEASE,
    namespace: str = NAMESPACE,
) -> list[Object]:
    """Return the objects that the chart renders to."""
    text = render(values, release=release, namespace=namespace)
    return [each for each in yaml.load_all(text, _LOADER) if each]


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.cache
def program() -> Path:
    """Return where helm is; `make cluster` builds it."""
    named = os.environ.get("SEALER_CLUSTER_BIN")
    return (Path(named) if named else binaries.folder(os.environ)) / "helm"
