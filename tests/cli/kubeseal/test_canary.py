"""A marked value goes through every mode and every error, and shows up nowhere it should not."""

import tempfile
from pathlib import Path

import pytest

from tests.cli.kubeseal.calls import CERT, KEY, kubeseal
from tests.cli.test_canary import CANARY, ENCODED, FAULTY, SECRET
from tests.support.program import snapshot, write_all


def _check(*texts: str) -> None:
    for text in texts:
        for form in (CANARY, CANARY[4:], *ENCODED):
            assert form not in text


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is also where temporary files would go."""
    sealed = kubeseal(*CERT, "-o", "yaml", stdin=SECRET).out
    write_all(folder, {"sealed.yaml": sealed, "value": CANARY, "tmp/keep": ""})
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "tmp"))
    return folder


@pytest.mark.parametrize("verbose", [(), ("-v1",)])
@pytest.mark.parametrize("name", FAULTY)
@pytest.mark.usefixtures("here")
def test_canary_of_a_faulty_secret_stays_where_it_is(name: str, verbose: tuple[str, ...]) -> None:
    """Whatever is wrong with it, and whatever it is taken for."""
    Path("faulty").write_text(FAULTY[name])
    for arguments in (
        CERT,
        (*CERT, "-o", "yaml", "-f", "faulty"),
        (*CERT, "--merge-into", "sealed.yaml"),
        (*CERT, "--merge-into", "faulty"),
        ("--cert", "faulty"),
        ("--fetch-cert", "--cert", "faulty"),
        ("--validate",),
        ("--re-encrypt",),
        ("--recovery-unseal", "--recovery-private-key", "faulty"),
        (*CERT, "--kubeconfig", "faulty", "--raw", "--name", "x"),
    ):
        done = kubeseal(*arguments, *verbose, stdin=FAULTY[name])
        _check(done.err, done.out.decode("utf-8", "replace"))


@pytest.mark.parametrize(
    "arguments",
    [
        (*CERT, "-w", "out.yaml"),
        (*CERT, "-n", "other"),
        (*CERT, "-w", "no/such"),
        ("--raw", *CERT, "-n", "shop", "--name", "db", "-w", "out"),
        ("--raw", *CERT, "-n", "shop", "--name", "db", "--from-file", "value", "-w", "out"),
        ("--raw", *CERT, "-n", "shop"),
        (*CERT, "--merge-into", "sealed.yaml"),
    ],
)
def test_canary_of_a_good_secret_stays_where_it_is(here: Path, arguments: tuple[str, ...]) -> None:
    """In no stream and no file, whether it is sealed or not."""
    before = snapshot(here)
    done = kubeseal(*arguments, stdin=SECRET)
    _check(done.err, done.out.decode())
    after = snapshot(here)
    _check(*(after[name].decode() for name in after if after[name] != before.get(name)))


def test_canary_is_recovered_into_the_target_and_nowhere_else(here: Path) -> None:
    """One readable file."""
    before = snapshot(here)
    arguments = ("--recovery-unseal", "--recovery-private-key", KEY, "-w", "out.yaml", "-v1")
    done = kubeseal(*arguments, stdin=(here / "sealed.yaml").read_bytes())
    assert done.code == 0
    _check(done.err, done.out.decode())
    assert snapshot(here).keys() - before.keys() == {"out.yaml"}
