"""URL paths name one object and cannot be led elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.errors import IdentityError
from sealer_controller.kube.objects import Resource
from tests.contract.api import SEALED_SECRETS, SECRETS, Secret


def test_path_follows_the_api() -> None:
    """Core and other groups, with and without namespace, name and subresource."""
    assert SECRETS.path() == "/api/v1/secrets"
    assert SECRETS.path("shop") == "/api/v1/namespaces/shop/secrets"
    assert SECRETS.path("shop", "db") == "/api/v1/namespaces/shop/secrets/db"
    sealed = "/apis/bitnami.com/v1alpha1/namespaces/shop/sealedsecrets/db/status"
    assert SEALED_SECRETS.path("shop", "db", "status") == sealed
    assert Resource(Secret, "namespaces").path(name="shop") == "/api/v1/namespaces/shop"


@pytest.mark.parametrize("part", [".", "..", "a/b", "a%2fb", "a\n", "\ud800"])
def test_path_refuses_what_could_lead_elsewhere(part: str) -> None:
    """In the namespace as in the name."""
    with pytest.raises(IdentityError):
        SECRETS.path("shop", part)
    with pytest.raises(IdentityError):
        SECRETS.path(part, "db")


@given(st.text(min_size=1), st.text(min_size=1))
def test_path_keeps_its_shape_whatever_the_names(namespace: str, name: str) -> None:
    """Any name becomes one segment, or is refused."""
    try:
        path = SECRETS.path(namespace, name)
    except IdentityError:
        return
    assert path.startswith("/api/v1/namespaces/")
    assert path.count("/") == 6
    assert not set(path) & set("?# \n\\")
