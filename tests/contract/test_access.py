"""Who may do what: tokens, rights, and refusals of both kinds (platform.md 9)."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from sealer_controller.kube.access import Access, in_cluster
from sealer_controller.kube.client import KubeClient
from sealer_controller.kube.errors import ForbiddenError, UnauthorizedError
from sealer_controller.kube.reflector import Interrupted, Synced, reflect
from tests.cluster.server import Cluster
from tests.contract.api import SEALED_SECRETS, SECRETS, Api, sealed_body, token_file


@pytest.fixture
def nobody(api: Api, tmp_path: Path) -> KubeClient:
    """A client whose user is known and may do nothing."""
    token = token_file(tmp_path, api.nobody_token)
    return KubeClient(Access(api.access.server, token, api.access.ca_file))


async def test_forbidden_names_user_verb_and_resource(api: Api, nobody: KubeClient) -> None:
    """The message tells an administrator which right is missing."""
    async with nobody as client:
        with pytest.raises(ForbiddenError) as caught:
            await client.select(SEALED_SECRETS, namespace=api.namespace).list()
        assert caught.value.message == (
            'sealedsecrets.bitnami.com is forbidden: User "dev" cannot list resource '
            f'"sealedsecrets" in API group "bitnami.com" in the namespace "{api.namespace}"'
        )
        with pytest.raises(ForbiddenError) as caught:
            await client.select(SECRETS).list()
        assert caught.value.message == (
            'secrets is forbidden: User "dev" cannot list resource "secrets" '
            'in API group "" at the cluster scope'
        )
        body = sealed_body("a", resourceVersion="1")
        with pytest.raises(ForbiddenError) as caught:
            await client.replace_status(SEALED_SECRETS, body, "a", api.namespace)
        assert 'cannot update resource "sealedsecrets/status"' in caught.value.message


async def test_forbidden_watch_is_an_answer(api: Api, nobody: KubeClient) -> None:
    """A right that is taken away while watching shows at the next watch."""
    async with nobody as client:
        with pytest.raises(ForbiddenError, match='cannot watch resource "secrets"'):
            await anext(client.select(SECRETS, namespace=api.namespace).watch("1"))


@pytest.mark.cluster
async def test_pod_reaches_the_server_with_what_it_is_given(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Two variables and a folder: address, trust, identity. A right that comes late is used."""
    namespace = cluster.new_namespace("pod")
    cluster.kubectl("create", "serviceaccount", "robot", "--namespace", namespace)
    folder = cluster.service_account_folder("robot", namespace, tmp_path / "account")
    async with KubeClient(in_cluster(cluster.environ, folder)) as client:
        story = reflect(client.select(SECRETS, namespace=namespace))
        async with asyncio.timeout(20), aclosing(story):
            first = await anext(story)
            assert isinstance(first, Interrupted)
            assert isinstance(first.error, ForbiddenError)
            assert f'"system:serviceaccount:{namespace}:robot"' in first.error.message
            grant(cluster, namespace)
            while not isinstance(await anext(story), Synced):
                pass


def grant(cluster: Cluster, namespace: str) -> None:
    """Let the ServiceAccount `robot` read the Secrets of its namespace."""
    rights = ("--verb=list,watch", "--resource=secrets", "--namespace", namespace)
    cluster.kubectl("create", "role", "reader", *rights)
    bound = ("--role=reader", f"--serviceaccount={namespace}:robot", "--namespace", namespace)
    cluster.kubectl("create", "rolebinding", "reader", *bound)


async def test_unknown_token_is_unauthorized(api: Api, tmp_path: Path) -> None:
    """401 says no more than that."""
    access = Access(api.access.server, token_file(tmp_path, "unknown"), api.access.ca_file)
    async with KubeClient(access) as client:
        with pytest.raises(UnauthorizedError) as caught:
            await client.get(SECRETS, "a", api.namespace)
    assert (caught.value.message, caught.value.code) == ("Unauthorized", 401)


async def test_what_is_not_served_is_refused(api: Api) -> None:
    """Unknown paths and kinds are 404, methods that make no sense 405, other formats 415."""
    for path in ("/bogus", "/apis/bitnami.com/v1alpha1/bogus", f"{api.secrets_path}/a/status"):
        assert (await api.raw("GET", path))[0] == 404
    body = sealed_body("a")
    code, answer = await api.raw("POST", f"{api.sealed_path}/a/status", body)
    assert (code, answer["reason"]) == (405, "MethodNotAllowed")
    code, answer = await api.raw("POST", api.sealed_path, body, content_type="text/plain")
    assert (code, answer["reason"]) == (415, "UnsupportedMediaType")
