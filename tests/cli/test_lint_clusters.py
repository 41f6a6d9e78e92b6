"""`sealer lint` and `sealer inspect` on values that were sealed for another cluster."""

import json
import shutil
from pathlib import Path

import pytest

from sealer.sealing.hints import SEALING_KEYS
from sealer_keys.fingerprint import fingerprint, short
from tests.cli.conftest import SECRET
from tests.support import vectors
from tests.support.program import run, write_all

OURS, THEIRS, THIRD = (
    fingerprint(vectors.key_pair(name).private_key.public_key())
    for name in ("rsa2048", "peer-a", "peer-b")
)
POLICY = (
    "version: 1\n"
    "clusters:\n"
    "  one: {fingerprint: %s, paths: [one/**]}\n"
    "  two: {fingerprint: %s, paths: [two/**]}\n"
)
NAMED = "which .sealer.yaml has for cluster two and not for one\n"


@pytest.fixture
def tree(folder: Path) -> Path:
    """Return a folder with an object for cluster two, sealed with its key."""
    shutil.copy(vectors.KEYS / "peer-a.crt.pem", folder)
    (folder / "two").mkdir()
    run("seal", "--cert", "peer-a.crt.pem", "-w", "two/db.yaml", stdin=SECRET.encode())
    return folder


def _copy(tree: Path, policy: str, to: str = "one/db.yaml") -> None:
    write_all(tree, {".sealer.yaml": policy, to: (tree / "two" / "db.yaml").read_text()})


def test_lint_value_for_another_cluster_is_an_error_that_names_both(tree: Path) -> None:
    """Without a key and without a cluster, at the item; where it belongs nothing is said."""
    _copy(tree, POLICY % (OURS, THEIRS))
    done = run("lint", "one")
    assert done.code == 1
    start = (
        f"error SL008 wrong-cluster: shop/db, item password: it is sealed with key {short(THEIRS)}"
    )
    assert f"{start}, {NAMED}" in done.out.decode()
    assert run("lint", "two").code == 0


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(OURS, THIRD), (THEIRS, THEIRS), (f"[{OURS}, {THEIRS}]", THEIRS)],
    ids=["a key that is nobody's", "one key for both", "one of ours too"],
)
def test_lint_key_that_may_be_ours_is_not_told(tree: Path, ours: str, theirs: str) -> None:
    """An older key of this cluster looks like that, and so does a key in common."""
    _copy(tree, POLICY % (ours, theirs))
    assert run("lint", "--strict", "one").code == 0


def test_lint_changed_note_takes_no_finding_away_and_adds_none(tree: Path) -> None:
    """A note that is gone proves nothing, and one about another ciphertext accuses nobody."""
    _copy(tree, POLICY % (OURS, THEIRS))
    text = (tree / "one" / "db.yaml").read_text()
    for changed in (
        text.replace(SEALING_KEYS, "note"),
        text.replace("password: Ag", "password: Ah"),
    ):
        assert changed != text
        write_all(tree, {"one/db.yaml": changed})
        assert b"SL008" not in run("lint", "one").out


@pytest.mark.parametrize(
    ("ours", "found"),
    [
        ("certificate: rsa2048.crt.pem", True),
        ("certificate: gone.pem", False),
        ("context: x", False),
    ],
)
def test_lint_without_pin_goes_by_the_certificate_in_the_repository(
    tree: Path, ours: str, *, found: bool
) -> None:
    """Where no key of this cluster is known it may be any; nobody is asked."""
    theirs = "{certificate: peer-a.crt.pem, paths: [two/**]}"
    _copy(tree, f"version: 1\nclusters:\n  one: {{{ours}, paths: [one/**]}}\n  two: {theirs}\n")
    assert (b"SL008" in run("lint", "one").out) is found


def test_lint_cluster_of_standard_input_is_the_one_that_is_named(tree: Path) -> None:
    """Nothing else says which one a pipe is for; a path that says so counts for more."""
    _copy(tree, (POLICY % (OURS, THEIRS)) + "default: one\n")
    data = (tree / "one" / "db.yaml").read_bytes()
    assert run("lint", stdin=data).code == 0
    assert run("lint", "--cluster", "two", stdin=data).code == 0
    assert b"SL008" in run("lint", "--cluster", "one", stdin=data).out
    assert run("lint", "--cluster", "one", "two").code == 0


def test_lint_cluster_that_the_policy_does_not_have_is_wrong_usage(tree: Path) -> None:
    """Once, however many files there are."""
    _copy(tree, POLICY % (OURS, THEIRS))
    done = run("lint", "--cluster", "tow", "one", "two")
    assert (done.code, done.out) == (2, b"")
    assert done.err.count("there is no cluster tow") == 1
    assert "known are one, two" in done.err


def test_lint_cluster_that_one_of_the_policies_has_is_for_its_files_alone(tree: Path) -> None:
    """A part of the repository with clusters of its own is checked as if none were named."""
    _copy(tree, POLICY % (OURS, THEIRS), "infra/db.yaml")
    write_all(
        tree,
        {
            "app/.sealer.yaml": "version: 1\nclusters: {eu: {}}\n",
            "app/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n",
        },
    )
    assert run("lint", "--cluster", "two", "app", "infra").code == 0
    assert b"SL008" in run("lint", "--cluster", "one", "app", "infra").out
    done = run("lint", "--cluster", "tow", "app", "infra")
    assert done.code == 2
    assert "known are eu (app/.sealer.yaml); one, two (.sealer.yaml)" in done.err


@pytest.mark.parametrize(("paths", "found"), [(", paths: [two/**]", True), ("", False)])
def test_lint_default_is_told_of_clusters_whose_files_have_a_pattern(
    tree: Path, paths: str, *, found: bool
) -> None:
    """Files for one without patterns look like those of the default."""
    clusters = f"  one: {{fingerprint: {OURS}}}\n  two: {{fingerprint: {THEIRS}{paths}}}\n"
    _copy(tree, f"version: 1\ndefault: one\nclusters:\n{clusters}", "else/db.yaml")
    done = run("lint", "else")
    assert done.code == 0
    assert (b"warning SL008" in done.out) is found
    assert (b"give the other cluster the path in .sealer.yaml: paths" in done.out) is found
    assert b"error SL008" in run("lint", "--cluster", "one", "else").out


def test_lint_key_of_several_others_names_them_all(tree: Path) -> None:
    """One key for two clusters is one cluster as far as values go."""
    third = f"  three: {{fingerprint: {THEIRS}, paths: [three/**]}}\n"
    _copy(tree, POLICY % (OURS, THEIRS) + third)
    assert b"has for cluster two and three and not for one" in run("lint", "one").out


def test_inspect_tells_whose_key_another_clusters_is(tree: Path) -> None:
    """Below the table, and as JSON; it shows and does not judge."""
    _copy(tree, POLICY % (OURS, THEIRS))
    done = run("inspect", "one", "two")
    assert done.code == 0
    assert done.out.decode().count(NAMED) == 1
    assert "one/db.yaml:" in done.out.decode().splitlines()[-1]
    one, two = json.loads(run("inspect", "--json", "one", "two").out)["objects"]
    assert [each["items"][0]["otherCluster"] for each in (one, two)] == ["two", None]


def test_inspect_compares_with_the_cluster_that_is_named(tree: Path) -> None:
    """As lint does; the default binds as long as no other one is named."""
    _copy(tree, (POLICY % (OURS, THEIRS)) + "default: one\n", "infra/db.yaml")
    shutil.copy(vectors.KEYS / "rsa2048.crt.pem", tree)
    write_all(
        tree,
        {
            ".sealer.yaml": (tree / ".sealer.yaml")
            .read_text()
            .replace("one: {", "one: {certificate: rsa2048.crt.pem, ")
            .replace("two: {", "two: {certificate: peer-a.crt.pem, ")
        },
    )
    data = (tree / "infra" / "db.yaml").read_bytes()

    def others(*options: str, stdin: bytes = b"") -> list[str | None]:
        shown = json.loads(run("inspect", "--json", *options, stdin=stdin).out)
        return [each["items"][0]["otherCluster"] for each in shown["objects"]]

    assert others("infra") == ["two"]
    assert others("--cluster", "two", "infra") == [None]
    assert others("--cert", "rsa2048.crt.pem", "infra") == ["two"]
    assert others(stdin=data) == [None]
    assert others("--cluster", "one", stdin=data) == ["two"]
