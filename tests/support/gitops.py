"""What Argo CD and Flux make of an object's status: their rules, written down to be tested against.

Argo CD has a health check for SealedSecret built in. Flux goes by kstatus, the rules of
sigs.k8s.io/cli-utils for any kind, or by the expressions that its documentation gives for
SealedSecret. All read the object as the API server holds it.
"""

from typing import Any

__all__ = ["argo_cd", "flux_expressions", "kstatus"]


def argo_cd(obj: dict[str, Any]) -> str:
    """Return the health that Argo CD shows: the first condition `Synced` decides."""
    for condition in obj.get("status", {}).get("conditions", []):
        if condition["type"] == "Synced" and condition["status"] in ("True", "False"):
            return "Healthy" if condition["status"] == "True" else "Degraded"
    return "Progressing"


def kstatus(obj: dict[str, Any]) -> str:
    """Return the status that kstatus computes for a kind that it does not know.

    In this order: a deletion has begun; an older generation was observed; a condition is true that
    says so; a condition `Ready` is not true. Without any of them all counts as done.
    """
    metadata, status = obj["metadata"], obj.get("status", {})
    if "deletionTimestamp" in metadata:
        return "Terminating"
    if status.get("observedGeneration", metadata["generation"]) != metadata["generation"]:
        return "InProgress"
    conditions = status.get("conditions", [])
    for condition in conditions:
        if condition["status"] == "True" and condition["type"] == "Reconciling":
            return "InProgress"
        if condition["status"] == "True" and condition["type"] == "Stalled":
            return "Failed"
    if any(each["type"] == "Ready" and each["status"] != "True" for each in conditions):
        return "InProgress"
    return "Current"


def flux_expressions(obj: dict[str, Any]) -> str:
    """Return what Flux's documented `healthCheckExprs` for SealedSecret make of it."""
    synced = [
        condition["status"]
        for condition in obj.get("status", {}).get("conditions", [])
        if condition["type"] == "Synced"
    ]
    if not synced:
        return "InProgress"
    for verdict, value in (("Failed", "False"), ("Current", "True")):
        if all(status == value for status in synced):
            return verdict
    return "InProgress"
