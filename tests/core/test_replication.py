"""Which annotations let a Secret be copied elsewhere (threats.md T3)."""

import pytest

from sealer.manifest.replication import replicating

REFLECTOR = "reflector.v1.k8s.emberstack.com"
REPLICATOR = "replicator.v1.mittwald.de"
KUBED = "kubed.appscode.com"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (f"{REFLECTOR}/reflection-allowed", "true"),
        (f"{REFLECTOR}/reflection-auto-enabled", "True"),
        (f"{REPLICATOR}/replication-allowed", "1"),
        (f"{REPLICATOR}/replicate-to", "dev-.*"),
        (f"{REPLICATOR}/replicate-to-matching", ""),
        (f"{KUBED}/sync", ""),
        (f"{KUBED}/sync-contexts", "other"),
    ],
)
def test_replicating_annotation_that_gives_away_is_named(name: str, value: str) -> None:
    """A permission, or a place to copy to, of which an empty one is everywhere."""
    assert list(replicating({"note": "x", name: value})) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (f"{REFLECTOR}/reflection-allowed", "false"),
        (f"{REFLECTOR}/reflection-auto-enabled", " False "),
        (f"{REFLECTOR}/reflection-allowed-namespaces", "dev"),
        (f"{REFLECTOR}/reflects", "shop/source"),
        (f"{REPLICATOR}/replication-allowed", "0"),
        (f"{REPLICATOR}/replicate-from", "shop/source"),
        (f"{REPLICATOR}/strip-labels", "true"),
        ("example.com/replicate-to", ".*"),
    ],
)
def test_replicating_annotation_that_gives_nothing_away_is_not_named(name: str, value: str) -> None:
    """What refuses, fetches, or only says how or where to copy what is allowed elsewhere."""
    assert not list(replicating({name: value}))
