"""Cases of who gets at the keys, and of who sends objects: every group, verb and way round."""

from collections.abc import Iterator, Mapping

from sealer.doctor.checks.subjects import posting, reading
from sealer.doctor.detours import DETOURS
from sealer.doctor.facts import Fact, Right
from sealer.everybody import ANONYMOUS, READING, default_groups
from tests.deploy.manifests import NAME
from tests.doctor import samples
from tests.doctor.cases.making import FAULT, NOTE, OK, ORIGINAL, UNKNOWN, WARNING, Case
from tests.doctor.samples import FORBIDDEN, SYSTEM

_EVE = {"kind": "User", "name": "eve"}
_ANONYMOUS = {"kind": "User", "name": ANONYMOUS}
_ITSELF = {"kind": "User", "name": f"system:serviceaccount:{SYSTEM}:{NAME}"}
_TENANT = {"kind": "Group", "name": "system:serviceaccounts:tenant"}
_EVERYBODY = {"kind": "Group", "name": "system:authenticated"}
_KEY = "sealed-secrets-keyabcde"
_POD = f"{NAME}-0"
_TRUSTED = frozenset({"User:eve"})
_NOBODY = "nobody but ServiceAccount"


def given(
    who: Mapping[str, str], right: Right, *names: str, namespace: str = SYSTEM, **more: object
) -> dict[str, object]:
    """Return the facts of an installation in which somebody was given a right."""
    rule: dict[str, object] = {"apiGroups": [right.group], "resources": [right.resource]}
    rule |= {"verbs": [right.verb]} | ({"resourceNames": list(names)} if names else {})
    return {
        "roles": Fact([*samples.roles(), samples.role("more", rule)]),
        "bindings": Fact(samples.bindings(samples.binding("more", who, namespace=namespace))),
        **more,
    }


def _groups() -> Iterator[Case]:
    """Each right of each default group, as the API server says it."""
    made = samples.deployment()
    for group in default_groups(SYSTEM):
        told = f"everybody in {group} may"
        for check, rights in (
            ("key-readers", reading(SYSTEM)),
            ("service-proxy", posting(SYSTEM, NAME)),
        ):
            for right in rights:
                reviews = samples.reviews((group, right, True), made=made)
                yield Case(check, FAULT, told, {"reviews": reviews})


def _readers() -> Iterator[Case]:
    """Each way to read a key Secret, of all or by its name."""
    for verb in READING:
        right = Right(verb, "secrets")
        for names in ((), (_KEY,), (_KEY, "other")):
            yield Case("key-readers", WARNING, "User:eve (", given(_EVE, right, *names))
            for who, group in ((_TENANT, _TENANT["name"]), (_ANONYMOUS, "system:unauthenticated")):
                told = f"everybody in {group} may read the private keys"
                yield Case("key-readers", FAULT, told, given(who, right, *names))
        everybody = given(_EVERYBODY, right, _KEY)
        yield Case("key-readers", FAULT, "everybody in system:authenticated may", everybody)
        yield Case("key-readers", OK, _NOBODY, given(_EVE, right, "other"))
        yield Case("key-readers", OK, _NOBODY, given(_EVE, right, namespace="elsewhere"))
        unseen = given(_EVE, right, "other", keys=FORBIDDEN)
        yield Case("key-readers", UNKNOWN, "User:eve (RoleBinding to-more) may read", unseen)
        yield Case("key-readers", OK, _NOBODY, given(_ITSELF, right))


def _detours() -> Iterator[Case]:
    """Each right that leads to the keys by a Pod or a token, and names that do not count."""
    for right in DETOURS:
        yield Case("key-readers", NOTE, "User:eve (", given(_EVE, right))
        told = "everybody in system:authenticated may run, change or enter Pods"
        yield Case("key-readers", FAULT, told, given(_EVERYBODY, right))
        yield Case("key-readers", OK, _NOBODY, given(_EVE, right, trusted=_TRUSTED))
    for right, name, status in (
        (Right("patch", "deployments", "apps"), NAME, NOTE),
        (Right("create", "deployments", "apps"), NAME, OK),
        (Right("create", "pods/exec"), _POD, NOTE),
        (Right("get", "pods/exec"), _POD, NOTE),
        (Right("patch", "pods"), _POD, NOTE),
        (Right("create", "pods/exec"), "other", OK),
        (Right("create", "serviceaccounts/token"), NAME, NOTE),
        (Right("create", "serviceaccounts/token"), "other", OK),
    ):
        told = "User:eve (" if status is NOTE else _NOBODY
        yield Case("key-readers", status, told, given(_EVE, right, name))
    for who in (_EVE, _EVERYBODY):
        for right, missing in (
            (Right("get", "pods/exec"), "pods"),
            (Right("create", "serviceaccounts/token"), "deployment"),
        ):
            unseen = given(who, right, "other") | {missing: FORBIDDEN}
            yield Case("key-readers", UNKNOWN, "whether the controller's, is not known", unseen)
            everything = given(who, right) | {missing: FORBIDDEN}
            status = NOTE if who is _EVE else FAULT
            yield Case("key-readers", status, "may run, change or enter Pods", everything)
    patched = given(_EVE, Right("patch", "deployments", "apps"), "other", pods=FORBIDDEN)
    yield Case("key-readers", NOTE, "User:eve (", patched)


def _posting() -> Iterator[Case]:
    """Each name by which the Service can be asked, and its Pods."""
    services, pods = Right("create", "services/proxy"), Right("create", "pods/proxy")
    for right, name in (
        *(
            (services, name)
            for name in (NAME, f"{NAME}:8080", f"http:{NAME}:8080", f"https:{NAME}:")
        ),
        *((pods, name) for name in (_POD, f"{_POD}:8080", f"http:{_POD}:8080")),
    ):
        told = f"everybody in {_TENANT['name']} may send"
        yield Case("service-proxy", FAULT, told, given(_TENANT, right, name))
        yield Case("service-proxy", FAULT, told, given(_TENANT, right))
        yield Case("service-proxy", OK, "no default group", given(_EVE, right, name))
        yield Case("service-proxy", OK, "no default group", given(_TENANT, right, "other:8080"))
    unseen = given(_TENANT, pods, "other", pods=FORBIDDEN)
    yield Case("service-proxy", UNKNOWN, "whether the controller's, is not known", unseen)
    unseen = given(_TENANT, pods, pods=FORBIDDEN)
    yield Case("service-proxy", FAULT, "everybody in", unseen)
    by_default = given(_EVERYBODY, services, NAME, reviews={})
    yield Case("service-proxy", FAULT, "everybody in", by_default)
    yield Case("service-proxy", WARNING, "as the original has it", by_default | ORIGINAL)
    tenant = given(_TENANT, services, NAME, reviews={})
    yield Case("service-proxy", FAULT, "everybody in", tenant | ORIGINAL)
    yield Case("service-proxy", FAULT, "system:unauthenticated", given(_ANONYMOUS, services, NAME))
    yield Case("service-proxy", UNKNOWN, "you may not", {"roles": FORBIDDEN})
    yield Case("service-proxy", UNKNOWN, "nobody asked", {"reviews": {}})


CASES = (
    *_groups(),
    *_readers(),
    *_detours(),
    *_posting(),
    Case("key-readers", UNKNOWN, "nobody asked", {"reviews": {}}),
    Case("key-readers", WARNING, "User:eve", given(_EVE, Right("get", "secrets"), reviews={})),
    Case(
        "key-readers",
        OK,
        "; trusted: User:eve",
        given(_EVE, Right("get", "secrets"), trusted=_TRUSTED),
    ),
)
