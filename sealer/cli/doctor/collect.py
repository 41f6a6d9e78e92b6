"""All facts of an installation, asked for at the same time."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sealer.certsource import CONFIG_MAP
from sealer.cli.cluster.gateway import Gateway
from sealer.cli.console import Console
from sealer.cli.doctor.applied import applied
from sealer.cli.doctor.asking import every, fact, listing, one
from sealer.cli.doctor.find import candidates, deployment_at, installation, key_of, service_at, sets
from sealer.cli.doctor.lease import heartbeat
from sealer.cli.doctor.reviews import questions, review
from sealer.cli.doctor.services import Services
from sealer.cli.errors import ClusterError, NotFoundError
from sealer.doctor.facts import Applied, Fact, Facts, Object, Place, Right, unknown
from sealer.doctor.settings import Settings, settings_of
from sealer.doctor.workload import account_of
from sealer.keysecret import DEFAULT_PREFIX, KEY_LABEL
from sealer.manifest.cursor import Cursor
from sealer.manifest.sealedsecret import GROUP, PLURAL

_THREADS = 8
_RBAC = "rbac.authorization.k8s.io"
_SEALED = Right("list", PLURAL, GROUP)
_SEALED_PATH = f"/apis/{GROUP}/v1alpha1/{PLURAL}"
_CRD = Right("get", "customresourcedefinitions", "apiextensions.k8s.io", "", f"{PLURAL}.{GROUP}")
_SYSTEM = "kube-system"
_SERVER_METRIC = "apiserver_storage_transformation_operations_total"
_ENDED = ("Succeeded", "Failed")


class Collector:
    """Asks for everything; what is refused becomes a fact that is not known.

    Args:
        gateway: Reaches the API server.
        console: Shows how far it is.
        pause: Waits for a number of seconds.
    """

    def __init__(
        self, gateway: Gateway, console: Console, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self._gateway = gateway
        self._console = console
        self._pause = pause

    def collect(self, facts: Facts, *, is_named: bool) -> Facts:
        """Return facts with all that the cluster says.

        Args:
            facts: What is known without it.
            is_named: The place of the controller was given, so no other one is looked for.
        """
        with ThreadPoolExecutor(_THREADS) as pool:
            rivals = pool.submit(candidates, self._gateway)
            clock = pool.submit(self._clock)
            crd = pool.submit(one, self._gateway, _CRD)
            facts = self._found(facts, None if is_named else rivals)
            facts = replace(facts, crd=crd.result(), clock=clock.result(), rivals=rivals.result())
            return self._rest(facts, pool)

    def _clock(self) -> Fact[timedelta]:
        """Return how far the API server's clock is ahead of ours; it tells whole seconds."""

        def ask() -> timedelta:
            before = datetime.now(UTC)
            date = self._gateway.get("/version").date
            after = datetime.now(UTC)
            if date is None:
                raise ClusterError("the API server does not tell the time")
            return date + timedelta(seconds=0.5) - (before + (after - before) / 2)

        return fact(ask, "get /version")

    def _found(self, facts: Facts, rivals: "Future[Fact[list[Object]]] | None") -> Facts:
        """Return facts with the controller, where it is said to be, or the only one elsewhere."""
        facts = self._at(facts, facts.place)
        is_there = not facts.deployment.is_known or facts.deployment.get() is not None
        if is_there or rivals is None:
            return facts
        others = rivals.result()
        found = installation(others.get()) if others.is_known else None
        if found is not None:
            return self._at(facts, Place(*key_of(found), is_found=True))
        return facts

    def _at(self, facts: Facts, place: Place) -> Facts:
        service = service_at(self._gateway, place)
        deployment = deployment_at(self._gateway, place, service)
        return replace(facts, place=place, service=service, deployment=deployment)

    def _rest(self, facts: Facts, pool: ThreadPoolExecutor) -> Facts:
        deployment = facts.deployment.get() if facts.deployment.is_known else None
        settings = settings_of(deployment) if deployment else None
        if settings and settings.selector:
            facts = replace(facts, namespaces=self._selected(settings.selector))
        named = {
            name: pool.submit(question)
            for name, question in self._questions(facts, deployment, settings).items()
        }
        selected = tuple(facts.namespaces.get()) if facts.namespaces.is_known else ()
        account = account_of(deployment) if deployment else ""
        reviews = {
            each: pool.submit(review, self._gateway, *each, facts.place.namespace, account)
            for each in questions(facts.place, settings, selected)
        }
        futures = [*named.values(), *reviews.values()]
        with self._console.progress(as_completed(futures), len(futures), "asking") as done:
            _wait(done)
        answers: dict[str, Any] = {name: future.result() for name, future in named.items()}
        asked = {each: future.result() for each, future in reviews.items()}
        return replace(facts, reviews=asked, **answers)

    def _questions(
        self, facts: Facts, deployment: Object | None, settings: Settings | None
    ) -> Mapping[str, Callable[[], Fact[Any]]]:
        """Return what to ask for, by the name of the fact."""
        gateway, namespace, name = self._gateway, facts.place.namespace, facts.place.name
        config = Right("get", "configmaps", "", namespace, CONFIG_MAP)
        slices = Right("list", "endpointslices", "discovery.k8s.io", namespace)
        budgets = Right("list", "poddisruptionbudgets", "policy", namespace)
        of_service = {"kubernetes.io/service-name": name}
        services = Services(gateway, namespace)
        service = facts.service.get() if facts.service.is_known else None
        settings = settings or Settings()
        questions: dict[str, Callable[[], Fact[Any]]] = {
            "published": lambda: one(gateway, config),
            "slices": lambda: every(gateway, slices, "EndpointSlice", labels=of_service),
            "budgets": lambda: every(gateway, budgets, "PodDisruptionBudget"),
            "keys": lambda: self._keys(namespace, settings.prefix),
            "roles": lambda: self._both("roles", "Role", namespace),
            "bindings": lambda: self._both("rolebindings", "RoleBinding", namespace),
            "sealed": lambda: self._sealed(facts.now),
            "apiservers": self._apiservers,
            "server_metrics": self._server_metrics,
            "sets": lambda: sets(gateway),
            "metrics": lambda: services.metrics(self._services(namespace), deployment),
        }
        if deployment is None:
            questions |= dict.fromkeys(("pods", "heartbeat"), lambda: _absent(facts.deployment))
        else:
            pods = partial(self._pods, namespace, deployment)
            questions["pods"] = pods
            questions["heartbeat"] = lambda: heartbeat(
                gateway, settings, namespace, pods, self._pause
            )
        if service is None:
            questions |= dict.fromkeys(("served", "readiness"), lambda: _absent(facts.service))
        else:
            questions["served"] = lambda: services.certificate(service)
            questions["readiness"] = lambda: services.readiness(service)
        return questions

    def _services(self, namespace: str) -> Fact[list[Object]]:
        return every(self._gateway, Right("list", "services", "", namespace), "Service")

    def _pods(self, namespace: str, deployment: Object) -> Fact[list[Object]]:
        """Return the Pods of a Deployment that have not ended."""
        labels = Cursor(deployment).fields("spec", "selector", "matchLabels")
        chosen = {key: str(text) for key, text in labels.items()}
        right = Right("list", "pods", "", namespace)
        found = every(self._gateway, right, "Pod", labels=chosen)
        if not found.is_known:
            return found
        return Fact([each for each in found.get() if not _is_over(Cursor(each))])

    def _keys(self, namespace: str, prefix: str) -> Fact[list[Object]]:
        """Return the metadata of the key Secrets, of the oldest kind without a label too."""
        right = Right("list", "secrets", "", namespace)
        labelled = every(self._gateway, right, "Secret", labels=KEY_LABEL, is_bare=True)
        if not labelled.is_known:
            return labelled
        named = prefix or DEFAULT_PREFIX
        oldest = every(self._gateway, right, "Secret", name=named, is_bare=True)
        if not oldest.is_known:
            return oldest
        known = {_name(each) for each in labelled.get()}
        return Fact([*labelled.get(), *(each for each in oldest.get() if _name(each) not in known)])

    def _both(self, plural: str, kind: str, namespace: str) -> Fact[list[Object]]:
        """Return roles or bindings of the cluster, and those of a namespace."""
        found: list[Object] = []
        for right, what in (
            (Right("list", f"cluster{plural}", _RBAC), f"Cluster{kind}"),
            (Right("list", plural, _RBAC, namespace), kind),
        ):
            listed = every(self._gateway, right, what)
            if not listed.is_known:
                return listed
            found += listed.get()
        return Fact(found)

    def _sealed(self, now: datetime) -> Fact[list[Applied]]:
        def ask() -> list[Applied]:
            try:
                return [applied(each, now) for each in listing(self._gateway, _SEALED_PATH)]
            except NotFoundError:
                raise ClusterError("the cluster knows no SealedSecrets") from None

        return fact(ask, _SEALED)

    def _selected(self, selector: str) -> Fact[list[str]]:
        found = every(self._gateway, Right("list", "namespaces"), labels=selector, is_bare=True)
        return (
            Fact([_name(each) for each in found.get()]) if found.is_known else Fact(None, found.gap)
        )

    def _apiservers(self) -> Fact[list[Object]]:
        labels = {"component": "kube-apiserver"}
        return every(self._gateway, Right("list", "pods", "", _SYSTEM), "Pod", labels=labels)

    def _server_metrics(self) -> Fact[list[str]]:
        """Return the few lines of the API server's metrics that are about encryption."""

        def ask() -> list[str]:
            text = self._gateway.get("/metrics").body.decode("utf-8", "replace")
            return [line for line in text.splitlines() if line.startswith(_SERVER_METRIC)]

        return fact(ask, "get /metrics")


def _absent(missing: Fact[Object | None]) -> Fact[Any]:
    """Return why there is nothing to ask, or nobody."""
    if missing.gap is not None:
        return Fact(None, missing.gap)
    return unknown("there is no controller to ask")


def _wait(done: Iterable[object]) -> None:
    for _ in done:
        pass


def _name(found: Object) -> str:
    return Cursor(found).text("metadata", "name")


def _is_over(pod: Cursor) -> bool:
    return pod.text("status", "phase") in _ENDED
