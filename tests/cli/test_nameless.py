"""A SealedSecret without a name cannot exist: every command that reads one says so."""

from pathlib import Path

import pytest

from tests.cli.conftest import SECRET
from tests.support.program import run

NAMELESS = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
WIDE = 'metadata: {annotations: {sealedsecrets.bitnami.com/cluster-wide: "true"}}\n'
KEYS = ("--keys", "rsa2048.key.pem")
CERT = ("--cert", "rsa2048.crt.pem")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "command",
    [
        ("inspect", "n.yaml"),
        ("verify", "n.yaml", *KEYS),
        ("unseal", "n.yaml", *KEYS),
        ("reseal", "n.yaml", *KEYS, *CERT),
        ("diff", "n.yaml", "n.yaml"),
        ("set", "n.yaml", "item", *CERT),
        ("unset", "n.yaml", "item"),
        ("rename", "n.yaml", "item", "other"),
        ("value", "--like", "n.yaml", *CERT),
        ("keys", "compromise", "rsa2048.crt.pem", "n.yaml", "--dry-run"),
    ],
)
@pytest.mark.parametrize("metadata", ["", "metadata: {namespace: shop}\n"])
def test_sealed_secret_without_a_name_is_refused(command: tuple[str, ...], metadata: str) -> None:
    """With its place and what to write."""
    Path("n.yaml").write_text(NAMELESS + metadata)
    done = run(*command, stdin=b"value")
    assert (done.code, done.out) == (3, b"")
    line = 3 if metadata else 1
    assert f"error: n.yaml:{line}:" in done.err
    assert "the object has no name\nhint: write metadata.name" in done.err


@pytest.mark.usefixtures("folder")
def test_sealed_secret_without_a_namespace_is_read() -> None:
    """It may come from kubectl; for one of the whole cluster none is needed at all."""
    wide = SECRET.replace("  namespace: shop\n", "")
    sealed = run("seal", "-", "--scope", "cluster-wide", *CERT, stdin=wide.encode())
    Path("wide.yaml").write_bytes(sealed.out)
    for command in ("inspect", "verify", "unseal", "reseal"):
        options = {"inspect": (), "reseal": (*KEYS, *CERT)}.get(command, KEYS)
        done = run(command, "wide.yaml", *options)
        assert done.code == 0, done.err
    assert run("diff", "wide.yaml", "wide.yaml").code == 0
    text = Path("wide.yaml").read_text()
    Path("strict.yaml").write_text(text.replace("sealedsecrets.bitnami.com/cluster-wide", "a"))
    assert run("inspect", "strict.yaml").code == 0


def test_merge_into_of_the_drop_in_takes_what_the_original_takes(folder: Path) -> None:
    """The original asks the target for no name where the scope binds none."""
    (folder / "target.yaml").write_text(NAMELESS + WIDE + "spec: {encryptedData: {}}\n")
    merge = ("kubeseal", *CERT, "--merge-into", "target.yaml", "-o", "yaml")
    done = run(*merge, stdin=SECRET.encode())
    assert done.code == 0, done.err
    assert "password" in (folder / "target.yaml").read_text()
