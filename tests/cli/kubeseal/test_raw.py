"""`--raw`: one value to one sealed string."""

from pathlib import Path

import pytest

from sealer.envelope import open_value
from sealer.errors import NoMatchingKeyError
from sealer.scope import Identity, Scope
from tests.cli.kubeseal.calls import CERT, KEYRING, kubeseal

RAW = ("--raw", *CERT)
STRICT = (*RAW, "-n", "shop", "--name", "db")


def _open(data: bytes, scope: Scope, namespace: str = "", name: str = "") -> bytes:
    identity = Identity(scope, namespace, name)
    return open_value(data.decode(), KEYRING, identity).plaintext.reveal()


@pytest.mark.parametrize("value", [b"hunter2", b"", b"\0\xff", b"x" * 70_000])
def test_raw_strict_value_opens_under_its_name_only(value: bytes) -> None:
    """The output has no line end."""
    done = kubeseal(*STRICT, stdin=value)
    assert (done.code, done.err) == (0, "")
    assert not done.out.endswith(b"\n")
    assert _open(done.out, Scope.STRICT, "shop", "db") == value
    for namespace, name in (("other", "db"), ("shop", "other")):
        with pytest.raises(NoMatchingKeyError):
            _open(done.out, Scope.STRICT, namespace, name)


def test_raw_namespace_wide_value_opens_under_any_name_of_its_namespace() -> None:
    """A name that is given does not matter."""
    done = kubeseal(*RAW, "--scope", "namespace-wide", "-n", "shop", "--name", "x", stdin=b"v")
    assert _open(done.out, Scope.NAMESPACE_WIDE, "shop", "any") == b"v"
    with pytest.raises(NoMatchingKeyError):
        _open(done.out, Scope.NAMESPACE_WIDE, "other", "any")


@pytest.mark.parametrize("arguments", [(), ("-n", "shop", "--name", "db")])
@pytest.mark.usefixtures("home")
def test_raw_cluster_wide_value_opens_anywhere(arguments: tuple[str, ...]) -> None:
    """Sealed without a namespace and a name, too."""
    done = kubeseal(*RAW, "--scope", "cluster-wide", *arguments, stdin=b"v")
    assert _open(done.out, Scope.CLUSTER_WIDE, "any", "where") == b"v"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "must provide the --namespace flag with --raw and --scope strict"),
        (("--name", "db"), "must provide the --namespace flag with --raw and --scope strict"),
        (("-n", "shop"), "must provide the --name flag with --raw and --scope strict"),
        (
            ("--scope", "namespace-wide", "--name", "db"),
            "must provide the --namespace flag with --raw and --scope namespace-wide",
        ),
    ],
)
@pytest.mark.usefixtures("home")
def test_raw_value_without_what_its_scope_binds_is_refused(
    arguments: tuple[str, ...], message: str
) -> None:
    """In the original's words, with or without a kubeconfig."""
    done = kubeseal(*RAW, *arguments, stdin=b"v")
    assert (done.code, done.out, done.err) == (1, b"", f"error: {message}\n")


def test_raw_value_in_the_namespace_of_the_context_says_so(home: Path) -> None:
    """The original takes it silently."""
    (home / "config").write_text(
        "current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n"
        "clusters: [{name: k, cluster: {server: x}}]\n"
    )
    done = kubeseal(*RAW, "--name", "db", "--kubeconfig", "config", stdin=b"v")
    assert done.code == 0
    assert "note: the value is sealed for namespace default, from the kubeconfig's" in done.err
    assert _open(done.out, Scope.STRICT, "default", "db") == b"v"
    done = kubeseal(*RAW, "--name", "db", "--kubeconfig", "missing", stdin=b"v")
    assert (done.code, done.err) == (1, "error: stat missing: no such file or directory\n")


@pytest.mark.parametrize("source", ["value", "key=value"])
def test_raw_value_of_a_file(folder: Path, source: str) -> None:
    """A key in front of the path is left out; standard input and `-f` are not read."""
    (folder / "value").write_bytes(b"from file")
    done = kubeseal(*STRICT, "--from-file", source, "-f", "secret.yaml", stdin=b"x")
    assert _open(done.out, Scope.STRICT, "shop", "db") == b"from file"


@pytest.mark.parametrize("arguments", [("--from-file=a", "--from-file=b"), ("--from-file=a,b",)])
def test_raw_value_of_several_files_is_refused(arguments: tuple[str, ...]) -> None:
    """It is one value."""
    done = kubeseal(*STRICT, *arguments)
    assert (done.code, done.out) == (1, b"")
    assert done.err == (
        "error: must provide only one --from-file when encrypting a single item with --raw\n"
    )


def test_raw_value_of_a_file_that_is_missing() -> None:
    """In the original's words."""
    done = kubeseal(*STRICT, "--from-file", "missing")
    assert (done.code, done.err) == (1, "error: open missing: no such file or directory\n")


def test_raw_value_with_a_line_end_is_sealed_as_it_is_with_a_warning() -> None:
    """`echo` without `-n` writes one."""
    done = kubeseal(*STRICT, stdin=b"v\n")
    assert "warning: the value ends with a line end, which is sealed too" in done.err
    assert _open(done.out, Scope.STRICT, "shop", "db") == b"v\n"


def test_raw_value_goes_into_the_output_file(folder: Path) -> None:
    """Without a line end there, too."""
    done = kubeseal(*STRICT, "-w", "out", stdin=b"v")
    assert (done.code, done.out) == (0, b"")
    assert _open((folder / "out").read_bytes(), Scope.STRICT, "shop", "db") == b"v"
