"""A marked value goes through every type and source of `sealer create`, and shows up nowhere."""

import base64
import tempfile
from pathlib import Path

import pytest

from tests.support.program import run, snapshot, write_all

CANARY = "cAnArY-7f3a9c-value"
ENCODED = [base64.b64encode(b"x" * offset + CANARY.encode())[4:-4].decode() for offset in range(3)]
OWN = ("value", "x.env", "config.json", "bad.env", "many")
FOR_SHOP = ("x", "-n", "shop", "--cert", "rsa2048.crt.pem")


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the value in files, which is also where temporary files would go."""
    write_all(
        folder,
        {
            "value": CANARY,
            "x.env": f"A={CANARY}\n",
            "bad.env": f"A={CANARY}\n{CANARY} rest of a value\n{CANARY}\n",
            "config.json": f'{{"auths": {{"x": {{"password": "{CANARY}"}}}}}}',
            "many/a": CANARY,
            "tmp/keep": "",
        },
    )
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "tmp"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    monkeypatch.setenv("CANARY", CANARY)
    return folder


@pytest.mark.parametrize("verbose", [(), ("-v",)])
@pytest.mark.parametrize(
    "arguments",
    [
        ("generic", "--from-file", "value"),
        ("generic", "--from-file", "many"),
        ("generic", "--from-file", "k=-"),
        ("generic", "--from-env-file", "x.env"),
        ("generic", "--from-env-file", "bad.env"),
        ("generic", "--from-env", "k=CANARY"),
        ("generic", "--from-env", f"k={CANARY}"),
        ("generic", "--from-env", CANARY),
        ("generic", "--generate", f"k={CANARY}"),
        ("generic", "--generate", f"k=tls:{CANARY} x"),
        ("generic", f"--from-literal=k={CANARY}"),
        ("generic", "--from-file", "value", "--annotation", f"note={CANARY}"),
        ("generic", "--from-file", "value", "--type", "kubernetes.io/tls"),
        ("generic", "--from-file", "value", "--type", "kubernetes.io/dockercfg"),
        ("generic", "--from-file", "value", "-w", "value"),
        ("generic", "--from-file", "value", "-w", "no/such"),
        ("tls", "--tls-cert", "value", "--tls-key", "value"),
        ("tls", "--tls-cert", "rsa2048.crt.pem", "--tls-key", "value"),
        ("tls", "--tls-cert", "rsa2048.crt.pem", "--tls-key", "-"),
        ("docker-registry", "--docker-username", "ci"),
        ("docker-registry", "--docker-username", "ci", "--docker-password-env", "CANARY"),
        ("docker-registry", "--docker-username", "ci", f"--docker-password={CANARY}"),
        ("docker-registry", "--from-file", "config.json"),
        ("docker-registry", "--from-file", "value"),
        ("basic-auth", "--username", "app"),
        ("basic-auth", "--password", CANARY),
        ("ssh-auth", "--ssh-key", "value"),
        ("ssh-auth", "--ssh-key", "-"),
    ],
    ids=" ".join,
)
def test_canary_of_a_new_secret_shows_up_nowhere(
    here: Path, arguments: tuple[str, ...], verbose: tuple[str, ...]
) -> None:
    """Neither in what is said nor in any file, digests included, whether it succeeds or not."""
    kind, *rest = arguments
    for target in ((), ("-w", "out.yaml"), ("-w", "out.yaml", "--force"), ("-d", "out")):
        done = run("create", kind, *FOR_SHOP, *rest, *target, *verbose, stdin=CANARY.encode())
        said = done.err + done.out.decode()
        assert done.code in (0, 2, 3, 6), said
        assert not any(form in said for form in (CANARY, CANARY[4:], *ENCODED))
    for name, data in snapshot(here).items():
        if not name.startswith(OWN):
            assert CANARY not in name
            assert CANARY.encode() not in data
            assert not any(form.encode() in data for form in ENCODED)
