"""Checks of the way to the controller: Service, endpoints, the API server's proxy."""

from collections.abc import Iterator

from sealer.doctor.facts import Facts, Gap, NotKnownError
from sealer.doctor.finding import Finding, fault, ok, warning
from sealer.doctor.settings import container_of
from sealer.doctor.words import counted, listed
from sealer.doctor.workload import deployment_of, labels_match
from sealer.manifest.cursor import Cursor

_PORT = 8080
# What the port of the API is called in the charts and manifests, the original's too.
_API = "http"
_CONTAINERS = ("template", "spec", "containers")
_LOOK = "does the Service's targetPort lead to the controller's API? see the check `service`"


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
    deployment = Cursor(deployment_of(facts))
    selector = Cursor(found).at("spec", "selector")
    if not labels_match(selector, deployment.at("spec", "template", "metadata", "labels").value):
        yield fault(
            f"the selector of Service {where} chooses no Pod of the controller",
            "give it the labels of the Deployment's Pods",
        )
        return
    yield from _wrong_port(facts, where)
    yield from _backends(facts, where, selector)


def _backends(facts: Facts, where: str, selector: Cursor) -> Iterator[Finding]:
    """Look whose Pods there are behind the Service."""
    ready = {
        endpoint.text("targetRef", "name") or str(endpoint.at("addresses").value)
        for each in facts.slices.get()
        for endpoint in Cursor(each).each("endpoints")
        if endpoint.at("conditions", "ready").value is not False
    }
    strangers = sorted(ready - {Cursor(each).text("metadata", "name") for each in facts.pods.get()})
    wanted = Cursor(facts.deployment.get()).fields("spec", "selector", "matchLabels")
    if not ready:
        yield fault(
            f"Service {where} leads to no ready Pod",
            f"kubectl describe pods -n {facts.place.namespace}: why are they not ready?",
        )
    elif strangers and not wanted.items() <= selector.fields().items():
        yield fault(
            f"Service {where} leads to what is no Pod of the controller: {listed(strangers)}",
            "give it all labels that the Deployment's selector has; who else has answered, and "
            "with whose certificate?",
        )
    elif strangers:
        # It chooses none but the Deployment's: they came or went between the two questions, or
        # somebody wrote the EndpointSlice.
        raise NotKnownError(
            Gap(f"{listed(strangers)} behind Service {where} was not among the Pods: look again")
        )
    else:
        yield ok(f"{where} leads to {counted(len(ready), 'ready Pod')}")


def _wrong_port(facts: Facts, where: str) -> Iterator[Finding]:
    """Look whether the first port, which everybody asks, leads to the port of the API."""
    port = next(Cursor(facts.service.get()).each("spec", "ports"), Cursor(None))
    target = port.at("targetPort").value or port.at("port").value
    container = container_of(facts.deployment.get() or {})
    known = {each.text("name"): each.at("containerPort").value for each in container.each("ports")}
    api = known.pop(_API, None)
    named = {
        each.text("name")
        for every in Cursor(facts.deployment.get()).each("spec", *_CONTAINERS)
        for each in every.each("ports")
    }
    is_unknown = isinstance(target, str) and target not in named
    is_other = target not in (_API, api) and (is_unknown or target in (*known, *known.values()))
    if api is not None and is_other:
        yield fault(
            f"the first port of Service {where} leads to port {target} of the Pods: "
            f"the controller answers at {_API}, {api}",
            f"set its targetPort to {_API}",
        )


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
    if facts.readiness.is_known:
        answer = f"behind the Service something answers with HTTP {facts.readiness.get()}"
        why, hint = f"{answer} and has no certificate: {why}", _LOOK
    else:
        hint = (
            "does a NetworkPolicy let the API server reach port "
            f"{_PORT} of the Pods in {facts.place.namespace}? read the controller's logs"
        )
    if facts.published.is_known and facts.published.get() is not None:
        return warning(f"the controller cannot be reached: {why}; sealer reads the ConfigMap", hint)
    return fault(f"the controller cannot be reached: {why}", hint)
