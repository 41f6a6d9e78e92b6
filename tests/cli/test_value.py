"""`sealer value`: bytes in, one sealed string out, for exactly one identity."""

from pathlib import Path

import pytest

from sealer.envelope import open_value
from sealer.scope import Identity, Scope
from sealer_keys.keyring import Keyring
from tests.cli.conftest import SECRET, VALUE
from tests.support import vectors
from tests.support.program import Done, run

CERT = ("--cert", "rsa2048.crt.pem")
FOR_DB = ("-n", "shop", "--name", "db")
pytestmark = pytest.mark.usefixtures("folder")


def _opened(done: Done, scope: Scope = Scope.STRICT) -> bytes:
    assert done.code == 0, done.err
    keyring = Keyring([vectors.key_pair("rsa2048")])
    return open_value(done.out.decode(), keyring, Identity(scope, "shop", "db")).plaintext.reveal()


@pytest.mark.parametrize("value", [VALUE.encode(), b"\x00\xff", b" a b ", "pässword".encode()])
def test_value_of_any_bytes_opens_to_them(value: bytes) -> None:
    """Nothing is added, taken away or decoded; the output has no line end."""
    done = run("value", *FOR_DB, *CERT, stdin=value)
    assert _opened(done) == value
    assert not done.out.endswith(b"\n")


def test_value_on_a_terminal_ends_the_line() -> None:
    """The prompt that follows stands on a line of its own."""
    assert run("value", *FOR_DB, *CERT, stdin=b"x", terminals="out").out.endswith(b"\n")


def test_value_of_a_file_is_its_bytes() -> None:
    """A file is read as it is."""
    assert _opened(run("value", "secret.yaml", *FOR_DB, *CERT)) == SECRET.encode()


@pytest.mark.parametrize(
    ("value", "trimmed"), [(b"x\n", b"x"), (b"x\r\n", b"x"), (b"x\n\n", b"x\n")]
)
def test_value_with_a_line_end_warns_and_trim_removes_one(value: bytes, trimmed: bytes) -> None:
    """`echo` adds a line end that nobody wants; what is removed is told by the option's name."""
    done = run("value", *FOR_DB, *CERT, stdin=value)
    assert _opened(done) == value
    assert "warning: -: the value ends with a line end\nhint: leave it out: --trim" in done.err
    done = run("value", "--trim", *FOR_DB, *CERT, stdin=value)
    assert _opened(done) == trimmed
    assert "warning" not in done.err


@pytest.mark.parametrize("arguments", [(), ("--trim",)])
def test_value_that_is_empty_needs_to_be_meant(arguments: tuple[str, ...]) -> None:
    """An empty value is a mistake, most of the time."""
    stdin = b"\n" if arguments else b""
    done = run("value", *arguments, *FOR_DB, *CERT, stdin=stdin)
    assert (done.code, done.out) == (3, b"")
    assert "the value is empty" in done.err
    assert _opened(run("value", "--allow-empty", *arguments, *FOR_DB, *CERT, stdin=stdin)) == b""


@pytest.mark.parametrize(
    ("arguments", "scope"),
    [
        (FOR_DB, Scope.STRICT),
        (("--scope", "namespace-wide", "-n", "shop"), Scope.NAMESPACE_WIDE),
        (("--scope", "cluster-wide"), Scope.CLUSTER_WIDE),
    ],
)
def test_value_opens_in_the_scope_it_was_sealed_for(
    arguments: tuple[str, ...], scope: Scope
) -> None:
    """Each scope needs the parts that it binds, and no others."""
    assert _opened(run("value", *arguments, *CERT, stdin=b"x"), scope) == b"x"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "scope strict needs --namespace and --name"),
        (("--name", "db"), "scope strict needs --namespace"),
        (("-n", "shop"), "scope strict needs --name"),
        (("--scope", "namespace-wide"), "scope namespace-wide needs --namespace"),
        (("--like", "sealed.yaml", "--scope", "cluster-wide"), "has scope strict"),
        (("--like", "two.yaml"), "two.yaml holds 2 SealedSecrets: shop/db, shop/other"),
        ((*FOR_DB, "--cert", "-"), "standard input cannot be both"),
    ],
)
@pytest.mark.usefixtures("sealed_files")
def test_value_wrong_usage_is_explained(arguments: tuple[str, ...], said: str) -> None:
    """Code 2, and what is missing."""
    done = run("value", *(() if "--cert" in arguments else CERT), *arguments, stdin=b"x")
    assert (done.code, done.out) == (2, b"")
    assert said in done.err


@pytest.fixture
def sealed_files(folder: Path) -> None:
    """Seal a file with one Secret, and one with two."""
    assert folder == Path.cwd()
    run("seal", "secret.yaml", *CERT, "-w", "sealed.yaml")
    two = f"{SECRET}---\n{SECRET.replace('name: db', 'name: other')}"
    run("seal", *CERT, "-w", "two.yaml", stdin=two.encode())


@pytest.mark.usefixtures("sealed_files")
def test_value_like_a_file_takes_its_identity() -> None:
    """Name, namespace and scope come from the object that the value goes into."""
    assert _opened(run("value", "--like", "sealed.yaml", *CERT, stdin=b"x")) == b"x"
    assert _opened(run("value", "--like", "two.yaml", "--name", "db", *CERT, stdin=b"x")) == b"x"


@pytest.mark.usefixtures("sealed_files")
def test_value_like_nothing_that_is_there_lists_what_is() -> None:
    """A name that the file does not have is unusable input."""
    done = run("value", "--like", "two.yaml", "--name", "no", *CERT, stdin=b"x")
    assert done.code == 3
    assert "hint: it holds shop/db, shop/other" in done.err
    assert run("value", "--like", "config.yaml", *CERT, stdin=b"x").code == 3


def test_value_at_a_terminal_says_what_to_type() -> None:
    """A value typed at a terminal would be seen; the message names the way."""
    done = run("value", *FOR_DB, *CERT, terminals="in")
    assert done.code == 2
    assert "sealer value password.txt" in done.err


def test_value_larger_than_a_secret_may_be_is_refused() -> None:
    """A Secret holds one MiB."""
    done = run("value", *FOR_DB, *CERT, stdin=b"x" * (1024 * 1024 + 1))
    assert done.code == 3
    assert "larger than 1 MiB" in done.err
