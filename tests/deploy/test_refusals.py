"""What the controller may not do, the API server refuses: everything else than the chart grants.

Every verb is asked for on every resource that the API server knows, in each way to install the
chart; and what would be worst is tried for real.
"""

from collections.abc import Iterable, Iterator
from http import HTTPStatus

import pytest

from tests.cluster.api import Api, ApiError
from tests.cluster.clearing import clear
from tests.cluster.server import Cluster
from tests.deploy import chart
from tests.deploy.installation import SYSTEM
from tests.deploy.manifests import NAME
from tests.deploy.modes import MODES, TEAM, USUAL, Mode
from tests.deploy.rbac import Account, Question, allows, grants

pytestmark = pytest.mark.cluster
OTHER = "rights-other"
ACCOUNT = Account(SYSTEM, NAME)
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
# Verbs that mean something for some resources only, and resources that no API serves.
SPECIAL = (
    ("", "users", ("impersonate",)),
    ("", "groups", ("impersonate",)),
    ("", "serviceaccounts", ("impersonate",)),
    ("authentication.k8s.io", "uids", ("impersonate",)),
    ("authentication.k8s.io", "userextras/scopes", ("impersonate",)),
    ("rbac.authorization.k8s.io", "roles", ("bind", "escalate")),
    ("rbac.authorization.k8s.io", "clusterroles", ("bind", "escalate")),
    ("certificates.k8s.io", "signers", ("approve", "sign", "attest")),
    ("*", "*", ("*",)),
)
# What everybody who can log in may do in any cluster (the ClusterRole system:basic-user).
BASIC = {
    ("authentication.k8s.io", "selfsubjectreviews", "create"),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "create"),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "create"),
}


@pytest.fixture(scope="module")
def bare(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster without an installation, and with two more namespaces."""
    clear(cluster)
    for namespace in (TEAM, OTHER):
        cluster.kubectl("create", "namespace", namespace)
    yield cluster
    chart.uninstall(cluster)
    cluster.kubectl("delete", "namespace", TEAM, OTHER, "--wait=false")


@pytest.mark.parametrize("name", MODES)
def test_controller_may_do_what_the_table_says_and_nothing_else(bare: Cluster, name: str) -> None:
    """The API server's answers are the table, and those that the chart's rules lead to."""
    mode = MODES[name]
    objects = chart.upgrade(bare, {"createController": False, **mode.values})
    granted = grants(objects, ACCOUNT)
    api = Api(bare)
    questions = [*asked(api, mode)]
    allowed = {each for each in questions if is_allowed(api, each)}
    api.close()
    assert {each for each in questions if allows(granted, each)} == allowed - basic(allowed)
    assert allowed - basic(allowed) == {each for each in questions if mode.allows(each)}
    assert {(each.group, each.resource, each.verb) for each in basic(allowed)} == BASIC


REFUSED = (
    ("DELETE", "/api/v1/namespaces/{home}/secrets/key"),
    ("DELETE", "/api/v1/namespaces/{home}/secrets"),
    ("DELETE", "/api/v1/namespaces/{other}/secrets/any"),
    ("PATCH", "/api/v1/namespaces/{other}/secrets/any"),
    ("POST", "/api/v1/namespaces/{other}/pods"),
    ("POST", "/api/v1/namespaces/{home}/pods"),
    ("POST", "/api/v1/namespaces/{home}/pods/any/exec"),
    ("POST", "/api/v1/namespaces/{home}/serviceaccounts/default/token"),
    ("GET", "/api/v1/namespaces/{home}/configmaps"),
    ("POST", "/api/v1/namespaces/{home}/configmaps"),
    ("GET", "/api/v1/namespaces/{home}/configmaps/kubeadm-config"),
    ("GET", "/api/v1/nodes"),
    ("GET", "/api/v1/namespaces"),
    ("DELETE", "/api/v1/namespaces/{other}"),
    ("DELETE", "/apis/bitnami.com/v1alpha1/namespaces/{other}/sealedsecrets"),
    ("PATCH", "/apis/bitnami.com/v1alpha1/namespaces/{other}/sealedsecrets/any"),
    ("POST", "/apis/bitnami.com/v1alpha1/namespaces/{other}/sealedsecrets"),
    ("PATCH", "/apis/apps/v1/namespaces/{home}/deployments/{name}"),
    ("DELETE", "/apis/coordination.k8s.io/v1/namespaces/{home}/leases/{name}"),
    ("PATCH", "/apis/coordination.k8s.io/v1/namespaces/{home}/leases/another"),
    ("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"),
    ("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/{home}/rolebindings"),
    ("PATCH", "/apis/rbac.authorization.k8s.io/v1/clusterroles/secrets-unsealer"),
    ("PATCH", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/sealedsecrets.bitnami.com"),
    ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews"),
    ("POST", "/apis/authorization.k8s.io/v1/namespaces/{other}/localsubjectaccessreviews"),
    ("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests"),
    ("GET", "/metrics"),
)
ELSEWHERE = (
    ("GET", "/api/v1/secrets"),
    ("GET", "/api/v1/namespaces/{other}/secrets"),
    ("GET", "/api/v1/namespaces/{other}/secrets/any"),
    ("POST", "/api/v1/namespaces/{other}/secrets"),
    ("GET", "/apis/bitnami.com/v1alpha1/sealedsecrets"),
    ("GET", "/apis/bitnami.com/v1alpha1/namespaces/{other}/sealedsecrets"),
)


@pytest.mark.parametrize(
    ("name", "requests"), [("default", REFUSED), ("namespaces", (*REFUSED, *ELSEWHERE))]
)
def test_requests_that_would_be_worst_are_refused(
    bare: Cluster, name: str, requests: tuple[tuple[str, str], ...]
) -> None:
    """Made with the controller's own token; not even what is not there is told."""
    chart.upgrade(bare, {"createController": False, **MODES[name].values})
    api = Api(bare, bare.token(NAME, SYSTEM))
    answers = {}
    for method, path in requests:
        with pytest.raises(ApiError) as raised:
            api.request(method, path.format(home=SYSTEM, other=OTHER, name=NAME), {})
        answers[method, path] = raised.value.code
    api.close()
    assert set(answers.values()) == {HTTPStatus.FORBIDDEN}, answers


def test_requests_in_the_name_of_others_are_refused(bare: Cluster) -> None:
    """The controller's token does not let it act as an administrator."""
    chart.upgrade(bare, {"createController": False})
    user = {"Impersonate-User": "admin", "Impersonate-Group": "system:masters"}
    api = Api(bare, bare.token(NAME, SYSTEM), user)
    with pytest.raises(ApiError, match="cannot impersonate") as raised:
        api.get("/api/v1/namespaces")
    api.close()
    assert raised.value.code == HTTPStatus.FORBIDDEN


def asked(api: Api, mode: Mode) -> Iterator[Question]:
    """Yield every question in each kind of place, by no name and by those of the table."""
    places = ("", SYSTEM, OTHER, *([TEAM] if mode.team else []))
    for group, resource, verbs in known(api):
        for name in ("", *mode.names(f"{group}/{resource}")):
            for namespace in places:
                for verb in verbs:
                    yield Question(namespace, group, resource, verb, name)


def known(api: Api) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield all resources that the API server knows, and verbs; then what no API serves."""
    versions = [
        (group["name"], f"/apis/{version['groupVersion']}")
        for group in api.get("/apis")["groups"]
        for version in group["versions"]
    ]
    served = {
        (group, each["name"])
        for group, path in [("", "/api/v1"), *versions]
        for each in api.get(path)["resources"]
    }
    yield from ((*each, USUAL) for each in sorted(served))
    yield from SPECIAL


def is_allowed(api: Api, question: Question) -> bool:
    """Return what the API server says."""
    resource, _, subresource = question.resource.partition("/")
    attributes = {
        "namespace": question.namespace,
        "group": question.group,
        "resource": resource,
        "subresource": subresource,
        "verb": question.verb,
        "name": question.name,
    }
    spec = {"user": ACCOUNT.user, "groups": ACCOUNT.groups, "resourceAttributes": attributes}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    allowed: bool = api.post(REVIEWS, review)["status"]["allowed"]
    return allowed


def basic(questions: Iterable[Question]) -> set[Question]:
    """Return those of the questions that everybody's rights answer."""
    return {each for each in questions if (each.group, each.resource, each.verb) in BASIC}
