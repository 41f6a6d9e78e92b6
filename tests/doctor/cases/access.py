"""Cases of rights, of encryption at rest, and of SealedSecrets."""

from typing import Any

from sealer.doctor.checks.subjects import posting, reading
from sealer.doctor.facts import CONTROLLER, Applied, Fact, Right
from sealer.everybody import EVERYBODY
from sealer_keys.fingerprint import short
from tests.deploy.manifests import NAME, Object
from tests.doctor import samples
from tests.doctor.cases.making import (
    FAULT,
    NARROW,
    NOTE,
    OK,
    ORIGINAL,
    UNKNOWN,
    WARNING,
    Case,
    told,
)
from tests.doctor.samples import FORBIDDEN, LOADED, SYSTEM, healthy

_LOST = Applied("shop", "db", "False", "NoMatchingKey")
_ONE_SECRET = {
    "apiGroups": [""],
    "resources": ["secrets"],
    "resourceNames": ["sealed-secrets-key"],
    "verbs": ["get"],
}
_ENCRYPTED = samples.stored("k8s:enc:secretbox:v1:")
_IN_THE_CLEAR = samples.stored("")


def _unseen(age: float = 3600.0) -> Fact[list[Applied]]:
    return Fact([Applied("shop", "db", "", age=age)])


def _binding(
    role: str,
    kind: str,
    name: str,
    namespace: str = "",
    **rest: Any,  # noqa: ANN401 - JSON
) -> Fact[list[Object]]:
    subject = {"kind": kind, "name": name} | ({"namespace": namespace} if namespace else {})
    return Fact(samples.bindings(samples.binding(role, subject, **rest)))


def _roles(verb: str, resource: str, group: str = "") -> Fact[list[Object]]:
    rule = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
    return Fact([*samples.roles(), samples.role("more", rule)])


def _reviews(who: str, right: Right, *, may: bool) -> dict[tuple[str, Right], Fact[bool]]:
    return samples.reviews((who, right, may), made=samples.deployment())


CASES = (
    Case(
        "rights",
        FAULT,
        "may not update secrets",
        {"reviews": _reviews(CONTROLLER, Right("update", "secrets"), may=False)},
    ),
    Case("rights", NOTE, "not checked", ORIGINAL),
    Case("rights", UNKNOWN, "nobody asked", {"deployment": told("--recreate-immutable")}),
    Case(
        "excess-rights",
        WARNING,
        "create pods in all namespaces (ClusterRole more)",
        {
            "roles": _roles("create", "pods"),
            "bindings": _binding("more", "ServiceAccount", NAME, SYSTEM),
        },
    ),
    Case(
        "excess-rights",
        WARNING,
        "* * in all namespaces",
        {
            "roles": _roles("*", "*"),
            "bindings": _binding("more", "Group", f"system:serviceaccounts:{SYSTEM}"),
        },
    ),
    Case(
        "excess-rights",
        WARNING,
        "create pods",
        {
            "roles": _roles("create", "pods"),
            "bindings": _binding("more", "User", f"system:serviceaccount:{SYSTEM}:{NAME}"),
        },
    ),
    Case("excess-rights", WARNING, "get secrets in all namespaces", {"deployment": NARROW}),
    Case("excess-rights", OK, "none beyond", {"deployment": told("--namespace-selector=a=b")}),
    Case(
        "excess-rights",
        OK,
        "none beyond",
        {
            "roles": Fact([*samples.roles(), samples.role("more", _ONE_SECRET)]),
            "bindings": _binding("more", "ServiceAccount", NAME, SYSTEM),
        },
    ),
    Case("key-readers", OK, "nobody but ServiceAccount", {"deployment": FORBIDDEN}),
    Case("excess-rights", NOTE, "not checked", ORIGINAL),
    Case(
        "key-readers",
        FAULT,
        "everybody in system:authenticated",
        {"reviews": _reviews(EVERYBODY, reading(SYSTEM)[1], may=True)},
    ),
    Case(
        "key-readers",
        WARNING,
        "User:eve (RoleBinding to-more)",
        {
            "roles": _roles("get", "secrets"),
            "bindings": Fact(
                samples.bindings(
                    samples.binding("more", {"kind": "User", "name": "eve"}, namespace=SYSTEM)
                )
            ),
        },
    ),
    Case(
        "key-readers",
        OK,
        "nobody but ServiceAccount",
        {
            "trusted": frozenset({"User:eve"}),
            "roles": _roles("*", "*"),
            "bindings": _binding("more", "User", "eve"),
        },
    ),
    Case(
        "key-readers",
        NOTE,
        "ServiceAccount:ci/deployer (ClusterRoleBinding to-more) may run, change",
        {
            "roles": _roles("create", "pods"),
            "bindings": _binding("more", "ServiceAccount", "deployer", "ci"),
        },
    ),
    Case("key-readers", UNKNOWN, "you may not", {"bindings": FORBIDDEN}),
    Case(
        "service-proxy",
        FAULT,
        "everybody in system:authenticated may send",
        {"reviews": _reviews(EVERYBODY, posting(SYSTEM, NAME)[0], may=True)},
    ),
    Case(
        "service-proxy",
        WARNING,
        "as the original has it",
        {"reviews": _reviews(EVERYBODY, posting(SYSTEM, NAME)[2], may=True), **ORIGINAL},
    ),
    Case("encryption", WARNING, "in the clear", {"apiservers": Fact([samples.apiserver()])}),
    *(
        Case("encryption", NOTE, "cannot be seen", {"apiservers": Fact([]), "server_metrics": each})
        for each in (
            Fact([]),
            Fact([samples.stored("", "0")]),
            Fact([samples.stored("", resource="configmaps")]),
            Fact([samples.stored("", transformation_type="from_storage")]),
            Fact([samples.stored("k8s:enc:kms:v2:", status="Internal")]),
            FORBIDDEN,
        )
    ),
    Case("encryption", NOTE, "whether it covers Secrets", {"server_metrics": Fact([])}),
    Case("encryption", NOTE, "whether it covers Secrets", {"server_metrics": FORBIDDEN}),
    *(
        Case(
            "encryption",
            WARNING,
            "in the clear",
            {"apiservers": pods, "server_metrics": Fact([*more, _IN_THE_CLEAR])},
        )
        for pods in (healthy().apiservers, Fact([]), FORBIDDEN)
        for more in ((), (_ENCRYPTED,))
    ),
    *(
        Case("encryption", OK, "(secretbox)", {"apiservers": each})
        for each in (healthy().apiservers, Fact([]), FORBIDDEN)
    ),
    Case(
        "objects",
        FAULT,
        "1 SealedSecret not synced, NoMatchingKey: shop/db",
        {"sealed": Fact([_LOST, Applied("shop", "api")])},
    ),
    Case(
        "objects",
        FAULT,
        "no reason given: shop/db",
        {"sealed": Fact([Applied("shop", "db", "False")])},
    ),
    Case("objects", FAULT, "not looked at: shop/db", {"sealed": Fact([Applied("shop", "db", "")])}),
    Case(
        "objects",
        FAULT,
        "not looked at: shop/db",
        {"sealed": Fact([Applied("shop", "db", is_current=False)])},
    ),
    Case("objects", OK, "1 SealedSecret not looked at yet, all else", {"sealed": _unseen(age=5)}),
    Case(
        "objects",
        NOTE,
        "without a status, which",
        {"sealed": _unseen(), "deployment": told("--update-status=false")},
    ),
    Case(
        "objects",
        NOTE,
        "they may be left out",
        {"sealed": _unseen(), "deployment": told("--label-selector=team=a")},
    ),
    Case("objects", UNKNOWN, "you may not", {"sealed": _unseen(), "deployment": FORBIDDEN}),
    Case("objects", OK, "2 SealedSecrets, all synced", {"deployment": FORBIDDEN}),
    Case("objects", FAULT, "not looked at", {"sealed": _unseen(), "deployment": Fact(None)}),
    Case(
        "missing-keys",
        FAULT,
        "1 sealed with key abc, which is not here",
        {"sealed": Fact([_LOST._replace(keys=frozenset({"abc"}))])},
    ),
    Case("missing-keys", FAULT, "a key not noted: shop/db", {"sealed": Fact([_LOST])}),
    Case(
        "missing-keys",
        FAULT,
        "for another name, namespace or scope: shop/db",
        {"sealed": Fact([_LOST._replace(keys=frozenset({short(LOADED.fingerprint)}))])},
    ),
    Case(
        "unwatched",
        WARNING,
        "nobody looks at: team/db",
        {"deployment": NARROW, "sealed": Fact([Applied("team", "db", "")])},
    ),
    Case(
        "unwatched",
        OK,
        "2 namespaces; what another one looks at: 1 SealedSecret",
        {"deployment": NARROW, "sealed": Fact([Applied("team", "db")])},
    ),
    Case(
        "unwatched",
        OK,
        "looks at 1 namespace",
        {
            "deployment": told("--namespace-selector=team=shop"),
            "namespaces": Fact(["shop"]),
        },
    ),
)
