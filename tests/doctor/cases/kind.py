"""Cases of the kind SealedSecret, whose schema may drop what objects are made of."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any

from sealer.doctor.facts import Fact
from tests.deploy.manifests import Object
from tests.doctor import samples
from tests.doctor.cases.making import FAULT, NOTE, OK, WARNING, Case


def _crd(**changes: Any) -> Fact[Object]:  # noqa: ANN401 - JSON
    made = samples.crd()
    made["metadata"].update(changes.pop("metadata", {}))
    made["status"] = changes.pop("status", made["status"])
    made["spec"]["versions"][0].update(changes)
    return Fact(made)


def _schema(change: Callable[[Object], object]) -> Fact[Object]:
    made = samples.crd()
    change(made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"])
    return Fact(made)


def _with(path: Sequence[str], schema: Object | None = None) -> Fact[Object]:
    """Return the kind with another schema at a place, or with none."""

    def change(root: Object) -> None:
        *outer, last = path
        there = reduce(lambda outside, name: outside[name], outer, root)
        del there[last]
        if schema is not None:
            there[last] = schema

    return _schema(change)


def _narrowed() -> Iterator[tuple[str, Fact[Object]]]:
    """Yield kinds whose schema drops something, each with what."""
    template = ("spec", "properties", "template", "properties")
    places: dict[str, tuple[str, ...]] = {
        "spec.encryptedData": ("spec", "properties", "encryptedData"),
        "spec.template.type": ("spec", "properties", "template"),
        "spec.template.data": (*template, "data"),
        "spec.template.metadata.labels": (*template, "metadata"),
        "status.observedGeneration": ("status",),
    }
    for place, path in places.items():
        yield place, _with(path)
        yield place, _with(path, {"type": "object"})
    reasons = ("status", "properties", "conditions", "items", "properties")
    yield "status.conditions.[].reason", _with((*reasons, "reason"))
    yield "spec.template.immutable", _with((*template, "immutable"))


def _open() -> Iterator[Fact[Object]]:
    """Yield kinds whose schema says less, and drops nothing."""
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    yield _schema(lambda root: root.update({"spec": free, "status": free}))
    yield _schema(lambda root: root["spec"]["properties"].update(template=free))
    yield _schema(
        lambda root: root["spec"]["properties"].update(
            encryptedData={"type": "object", "additionalProperties": True}
        )
    )
    kept = _schema(lambda root: root.update({"spec": {"type": "object"}}))
    kept.get()["spec"]["preserveUnknownFields"] = True
    yield kept


CASES = (
    Case("crd", FAULT, "knows no SealedSecrets", {"crd": Fact(None)}),
    Case("crd", FAULT, "defined and not served", {"crd": _crd(status={})}),
    Case("crd", FAULT, "not served as v1alpha1", {"crd": _crd(served=False)}),
    Case("crd", FAULT, "no status subresource", {"crd": _crd(subresources={})}),
    Case("crd", FAULT, "drops spec.encryptedData", {"crd": _crd(schema={})}),
    *(Case("crd", FAULT, f"drops {place}", {"crd": made}) for place, made in _narrowed()),
    *(Case("crd", OK, "are served", {"crd": made}) for made in _open()),
    Case("crd", NOTE, "its columns differ", {"crd": _crd(additionalPrinterColumns=[])}),
    Case(
        "crd",
        WARNING,
        "Helm deletes the kind",
        {
            "crd": _crd(
                metadata={"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {}}
            )
        },
    ),
)
