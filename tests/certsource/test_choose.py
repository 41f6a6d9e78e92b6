"""Which certificate is used: the order of the sources, and the pins that bind them all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sealer.certsource import (
    Choice,
    ClusterSource,
    FileSource,
    PinMismatchError,
    Rules,
    Source,
    UnknownClusterError,
    UrlSource,
    Wish,
    check_certificate,
    choose,
    parse_source,
)
from sealer.policy import Cluster, Policy
from sealer_keys.certificate import Certificate
from sealer_keys.errors import ExpiredCertificateError
from tests.support import vectors

PIN = ("SHA256:" + "A" * 43,)
PROD = Cluster("prod", certificate="keys/prod.pem", fingerprints=PIN, paths=("prod/**",))
TEST = Cluster("test", context="test-admin", controller_name="sealer", paths=("test/*.yaml",))
POLICY = Policy({"prod": PROD, "test": TEST}, default="test")
TEST_SOURCE = ClusterSource("sealer", "kube-system", "test-admin")


def _certificate() -> Certificate:
    certificate = vectors.key_pair("rsa2048").certificate
    assert certificate is not None
    return certificate


def _rules(path: str) -> Rules:
    return Rules(POLICY, "repo", path)


EVERYTHING = Wish("a.pem", "prod", "b.pem", "test")


@pytest.mark.parametrize(
    ("wish", "path", "source"),
    [
        (EVERYTHING, "prod/x.yaml", FileSource("a.pem")),
        (replace(EVERYTHING, certificate=""), "test/x.yaml", FileSource("repo/keys/prod.pem")),
        (Wish(fallback_certificate="b.pem", fallback_cluster="prod"), "", FileSource("b.pem")),
        (Wish(fallback_cluster="prod"), "test/x.yaml", FileSource("repo/keys/prod.pem")),
        (Wish(), "prod/deep/x.yaml", FileSource("repo/keys/prod.pem")),
        (Wish(), "test/x.yaml", TEST_SOURCE),
        (Wish(), "elsewhere.yaml", TEST_SOURCE),
        (Wish(), "", TEST_SOURCE),
        (
            Wish(controller_name="mine", controller_namespace="here"),
            "test/x.yaml",
            ClusterSource("mine", "here", "test-admin"),
        ),
    ],
)
def test_choose_takes_the_first_source_that_is_named(wish: Wish, path: str, source: Source) -> None:
    """Command line, environment, the file's cluster, the default, in this order."""
    assert choose(wish, _rules(path)).source == source


def test_choose_without_anything_asks_the_current_cluster() -> None:
    """The defaults are the original's."""
    assert choose(Wish()).source == ClusterSource("sealed-secrets-controller", "kube-system", "")


@pytest.mark.parametrize(
    ("wish", "path", "pinned_by"),
    [
        (Wish(), "prod/x.yaml", (PROD,)),
        (Wish(certificate="a.pem"), "prod/x.yaml", (PROD,)),
        (Wish(fallback_certificate="a.pem"), "prod/x.yaml", (PROD,)),
        (Wish(cluster="test"), "prod/x.yaml", (PROD,)),
        (Wish(cluster="prod"), "elsewhere.yaml", (PROD,)),
        (Wish(cluster="prod"), "prod/x.yaml", (PROD,)),
        (Wish(certificate="a.pem"), "elsewhere.yaml", ()),
        (Wish(), "test/x.yaml", ()),
    ],
)
def test_choose_binds_every_source_to_the_pin_of_the_path(
    wish: Wish, path: str, pinned_by: tuple[Cluster, ...]
) -> None:
    """Naming another certificate does not get around it; the named cluster's pin counts too."""
    assert choose(wish, _rules(path)).pinned_by == pinned_by


@pytest.mark.parametrize("path", ["", "elsewhere.yaml"])
@pytest.mark.parametrize(
    ("wish", "pinned_by"),
    [
        (Wish(), (PROD,)),
        (Wish(certificate="a.pem"), (PROD,)),
        (Wish(certificate="a.pem", fallback_cluster="test"), (PROD,)),
        (Wish(fallback_certificate="a.pem"), (PROD,)),
        (Wish(certificate="a.pem", cluster="test"), ()),
        (Wish(cluster="test"), ()),
        (Wish(fallback_certificate="a.pem", fallback_cluster="test"), ()),
    ],
)
def test_choose_binds_what_nobody_owns_to_the_pin_of_the_default(
    wish: Wish, path: str, pinned_by: tuple[Cluster, ...]
) -> None:
    """A certificate that is named does not get around it; a cluster that is named does."""
    policy = replace(POLICY, default="prod")
    assert choose(wish, Rules(policy, "repo", path)).pinned_by == pinned_by


def test_choose_binds_a_named_certificate_to_the_pin_of_the_named_cluster() -> None:
    """Who names both means that certificate for that cluster."""
    chosen = choose(Wish(certificate="a.pem", cluster="prod"), _rules("elsewhere.yaml"))
    assert (chosen.source, chosen.pinned_by) == (FileSource("a.pem"), (PROD,))


@pytest.mark.parametrize("wish", [Wish(cluster="no"), Wish(fallback_cluster="no")])
def test_choose_unknown_cluster_is_refused(wish: Wish) -> None:
    """The known ones are named."""
    with pytest.raises(UnknownClusterError) as caught:
        choose(wish, _rules(""))
    assert "prod, test" in caught.value.hint
    with pytest.raises(UnknownClusterError) as caught:
        choose(wish)
    assert "there is no .sealer.yaml" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("-", FileSource("-")),
        ("cert.pem", FileSource("cert.pem")),
        ("file:///a%20b/c.pem", FileSource("/a b/c.pem")),
        ("file://localhost/c.pem", FileSource("/c.pem")),
        ("https://example.com/c", UrlSource("https://example.com/c")),
        ("HTTP://example.com/c", UrlSource("HTTP://example.com/c")),
        ("c://cert.pem", FileSource("c://cert.pem")),
        ("C:\\cert.pem", FileSource("C:\\cert.pem")),
    ],
)
def test_parse_source_tells_files_from_addresses(text: str, source: Source) -> None:
    """A scheme of one letter is a Windows drive."""
    assert parse_source(text) == source


NOW = datetime(2026, 6, 1, tzinfo=UTC)
UNPINNED = Choice(FileSource("a.pem"))


def test_check_certificate_of_another_key_names_both_fingerprints() -> None:
    """Whoever compares needs the one that is there and the one that is wanted."""
    with pytest.raises(PinMismatchError) as caught:
        check_certificate(_certificate(), Choice(FileSource("a.pem"), (PROD,)), NOW)
    assert _certificate().fingerprint in caught.value.message
    assert PIN[0] in caught.value.message


def test_check_certificate_accepts_any_of_several_pins() -> None:
    """While a key is being renewed, two are pinned."""
    both = replace(PROD, fingerprints=(*PIN, _certificate().fingerprint))
    assert check_certificate(_certificate(), Choice(FileSource("a.pem"), (both,)), NOW) == ()


def test_check_certificate_demands_the_pins_of_all_clusters() -> None:
    """One that matches does not excuse one that does not."""
    good = replace(TEST, fingerprints=(_certificate().fingerprint,))
    with pytest.raises(PinMismatchError):
        check_certificate(_certificate(), Choice(FileSource("a.pem"), (good, PROD)), NOW)


def test_check_certificate_that_expired_is_refused_or_warned_of() -> None:
    """Refused, unless it is asked for."""
    later = _certificate().not_after + timedelta(seconds=1)
    with pytest.raises(ExpiredCertificateError):
        check_certificate(_certificate(), UNPINNED, later)
    (warning,) = check_certificate(_certificate(), UNPINNED, later, allow_expired=True)
    assert "expired on" in warning


@pytest.mark.parametrize(("days", "warns"), [(29, True), (30, False), (31, False)])
def test_check_certificate_warns_in_its_last_month(*, days: int, warns: bool) -> None:
    """Thirty days ahead there is time to fetch the next one."""
    now = _certificate().not_after - timedelta(days=days)
    assert bool(check_certificate(_certificate(), UNPINNED, now)) is warns


@pytest.mark.parametrize(
    ("url", "pinned_by", "warns"),
    [
        ("http://example.com/c", (), True),
        ("HTTP://example.com/c", (), True),
        ("https://example.com/c", (), False),
        ("http://example.com/c", (replace(TEST, fingerprints=("SHA256:x",)),), False),
    ],
)
def test_check_certificate_over_plain_http_warns_without_a_pin(
    *, url: str, pinned_by: tuple[Cluster, ...], warns: bool
) -> None:
    """Anyone on the way could have put their own in its place."""
    pinned = tuple(replace(each, fingerprints=(_certificate().fingerprint,)) for each in pinned_by)
    choice = Choice(UrlSource(url), pinned)
    assert bool(check_certificate(_certificate(), choice, NOW)) is warns
