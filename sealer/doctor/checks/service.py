"""Checks of the way to the controller: Service, endpoints, the API server's proxy."""

from collections.abc import Iterator

from sealer.doctor.facts import Facts, NotKnownError
from sealer.doctor.finding import Finding, fault, ok, warning
from sealer.doctor.words import counted
from sealer.doctor.workload import deployment_of, labels_match
from sealer.manifest.cursor import Cursor

_PORT = 8080


def service(facts: Facts) -> Iterator[Finding]:
    """Look whether the Service is there and leads to ready Pods."""
    found, place = facts.service.get(), facts.place
    where = f"{place.namespace}/{place.name}"
    if found is None:
        yield fault(
            f"there is no Service {where}: no certificate, verify or rotate",
            "kubectl apply -f deploy/service.yaml, or `helm upgrade`",
        )
        return
    ready = {
        endpoint.text("targetRef", "name") or str(endpoint.at("addresses").value)
        for each in facts.slices.get()
        for endpoint in Cursor(each).each("endpoints")
        if endpoint.at("conditions", "ready").value is not False
    }
    if ready:
        yield ok(f"{where} leads to {counted(len(ready), 'ready Pod')}")
    elif _chooses_pods(facts):
        yield fault(
            f"Service {where} leads to no ready Pod",
            f"kubectl describe pods -n {place.namespace}: why are they not ready?",
        )
    else:
        yield fault(
            f"the selector of Service {where} chooses no Pod of the controller",
            "give it the labels of the Deployment's Pods",
        )


def _chooses_pods(facts: Facts) -> bool:
    try:
        labels = Cursor(deployment_of(facts)).at("spec", "template", "metadata", "labels").value
    except NotKnownError:
        return True
    return labels_match(Cursor(facts.service.get()).at("spec", "selector"), labels)


def reachable(facts: Facts) -> Iterator[Finding]:
    """Look whether whoever asks gets the certificate through the API server."""
    try:
        facts.served.get()
    except NotKnownError as error:
        if error.right or facts.service.get() is None:
            raise  # nobody could be asked, which is no fault of what would answer
        yield _unreachable(facts, error.message)
        return
    yield ok("the certificate is served through the API server's proxy")


def _unreachable(facts: Facts, why: str) -> Finding:
    hint = (
        "does a NetworkPolicy let the API server reach port "
        f"{_PORT} of the Pods in {facts.place.namespace}? read the controller's logs"
    )
    if facts.published.is_known and facts.published.get() is not None:
        return warning(f"the controller cannot be reached: {why}; sealer reads the ConfigMap", hint)
    return fault(f"the controller cannot be reached: {why}", hint)
