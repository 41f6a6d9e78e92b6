"""What Flux makes of an object by the CEL expressions of a page, which an API server evaluates.

    with evaluator(cluster, {"failed": "...", "current": "..."}) as verdict:
        assert verdict(obj) == "Current"

CEL is part of every API server: rules of a CustomResourceDefinition are written in it. Each
expression becomes such a rule, and the rules that do not hold of an object are named when it is
refused.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.cluster.server import Cluster

__all__ = ["evaluator"]

Object = dict[str, Any]
_KIND = "evaluations.example.com"
# The order in which Flux asks them, and what it says when one holds.
_VERDICTS = {"inProgress": "InProgress", "failed": "Failed", "current": "Current"}
_CONDITION = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "maxLength": 64},
        "status": {"type": "string", "maxLength": 64},
    },
}
_FIELDS = {
    "metadata": {"type": "object", "properties": {"generation": {"type": "integer"}}},
    "status": {
        "type": "object",
        "properties": {
            "observedGeneration": {"type": "integer"},
            "conditions": {"type": "array", "maxItems": 8, "items": _CONDITION},
        },
    },
}


@contextmanager
def evaluator(
    cluster: Cluster, expressions: Mapping[str, str]
) -> Iterator[Callable[[Object], str]]:
    """Give a function that returns what Flux makes of an object by these expressions."""
    kind = _kind(expressions)
    cluster.kubectl("create", "-f", "-", given=json.dumps(kind))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", f"crd/{_KIND}")
    yield lambda obj: _verdict(cluster, obj)
    cluster.kubectl("delete", "crd", _KIND)


def _verdict(cluster: Cluster, obj: Object) -> str:
    """Do as Flux does: first the generation, then the expressions, the first that holds counts."""
    generation = obj["metadata"]["generation"]
    if obj.get("status", {}).get("observedGeneration", generation) != generation:
        return "InProgress"
    holding = _holding(cluster, obj)
    return next((said for name, said in _VERDICTS.items() if name in holding), "InProgress")


def _holding(cluster: Cluster, obj: Object) -> set[str]:
    """Return the names of the expressions that hold; one that cannot be evaluated does not."""
    kept: Object = {"metadata": {"generation": obj["metadata"]["generation"]}}
    if "status" in obj:
        kept["status"] = {
            "conditions": [
                {"type": each["type"], "status": each["status"]}
                for each in obj["status"]["conditions"]
            ]
        }
    asked = {
        "apiVersion": "example.com/v1",
        "kind": "Evaluation",
        "metadata": {"name": "asked", "namespace": "default"},
        "spec": kept,
    }
    try:
        cluster.kubectl("create", "--dry-run=server", "-f", "-", given=json.dumps(asked))
    except AssertionError as refusal:
        # "no such key: status evaluating rule: holds: failed" is of one that cannot be evaluated.
        return set(re.findall(r"(?<!evaluating rule: )holds: (\w+)", str(refusal)))
    return set()


def _kind(expressions: Mapping[str, str]) -> Object:
    rules = [
        {"rule": f"!({_rooted(expression)})", "message": f"holds: {name}"}
        for name, expression in expressions.items()
    ]
    spec = {"type": "object", "properties": _FIELDS, "x-kubernetes-validations": rules}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    names = {"kind": "Evaluation", "plural": "evaluations", "singular": "evaluation"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": _KIND},
        "spec": {
            "group": "example.com",
            "names": names,
            "scope": "Namespaced",
            "versions": [version],
        },
    }


def _rooted(expression: str) -> str:
    """Return an expression about `self`, as rules are, in place of one about an object's fields."""
    return re.sub(r"(?<![\w.])(status|metadata)\.", r"self.\1.", expression)
