"""Whatever people set, the chart renders to objects that hold together."""

import pytest

from tests.chart.helm import objects
from tests.chart.installation import Installation
from tests.chart.judge import complaints
from tests.chart.matrix import MATRIX


@pytest.mark.parametrize("name", MATRIX)
def test_chart_with_these_values_renders_to_what_works(name: str) -> None:
    """No judge finds anything wrong."""
    values = MATRIX[name]
    assert complaints(Installation(objects(values), values)) == []


def test_chart_has_the_selector_of_the_originals_chart() -> None:
    """It can never be changed, so a release of the original could not be upgraded with another."""
    deployment = Installation(objects(), {}).deployment
    assert deployment is not None
    assert deployment["spec"]["selector"]["matchLabels"] == {
        "app.kubernetes.io/instance": "sealed-secrets",
        "app.kubernetes.io/name": "sealed-secrets",
    }


def test_chart_without_a_name_is_called_as_the_original_would_be() -> None:
    """By release and chart, once where the one has the name of the other in it."""
    for release, name in (("sealed-secrets", "sealed-secrets"), ("my", "my-sealed-secrets")):
        installation = Installation(objects({"fullnameOverride": ""}, release=release), {})
        assert installation.deployment is not None
        assert installation.deployment["metadata"]["name"] == name


def test_chart_installs_into_the_namespace_of_the_release() -> None:
    """Whatever has a namespace has that one, and the rights are given to the account there."""
    found = objects(namespace="sealing")
    assert {each["metadata"].get("namespace", "sealing") for each in found} == {"sealing"}
    accounts = [
        subject["namespace"]
        for each in found
        for subject in each.get("subjects", ())
        if subject["kind"] == "ServiceAccount"
    ]
    assert set(accounts) == {"sealing"}
