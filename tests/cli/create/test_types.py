"""The types of `sealer create`: what each demands, checks and makes by itself."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat

from sealer_keys.ssh import check_ssh_key
from sealer_keys.tls import check_tls_pair, read_chain, read_tls_key
from tests.cli.create.opening import FOR_SHOP, created, values
from tests.support.program import Done, run, write_all
from tests.support.tls import Issued, issue, key_pem, private_key

TODAY = datetime.now(UTC)
PAIR = ("--tls-cert", "crt", "--tls-key", "key")
pytestmark = pytest.mark.usefixtures("folder")


def _create(kind: str, *arguments: str, stdin: bytes = b"") -> Done:
    return run("create", kind, "x", *FOR_SHOP, *arguments, stdin=stdin)


def _issue(name: str, issuer: Issued | None = None, *, days: int = 90) -> Issued:
    end = TODAY + timedelta(days=days, hours=1)
    return issue(name, issuer, start=TODAY - timedelta(days=400), end=end)


def _refused(done: Done, code: int, said: str) -> None:
    assert (done.code, done.out) == (code, b""), done.err
    assert said in done.err


def test_tls_from_files_is_what_they_hold(folder: Path) -> None:
    """With further items besides."""
    pair = _issue("a")
    write_all(folder, {"crt": pair.pem, "key": pair.key_pem, "ca.crt": "ca"})
    done = _create("tls", *PAIR, "--from-file", "ca.crt")
    secret = created(done)
    assert secret.type == "kubernetes.io/tls"
    assert values(secret) == {"tls.crt": pair.pem, "tls.key": pair.key_pem, "ca.crt": b"ca"}
    assert "warning" not in done.err


def test_tls_from_standard_input_and_variables(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the two get there, they are checked."""
    pair = _issue("a")
    write_all(folder, {"crt": pair.pem})
    monkeypatch.setenv("KEY", pair.key_pem.decode())
    expected = {"tls.crt": pair.pem, "tls.key": pair.key_pem}
    done = _create("tls", "--tls-cert", "crt", "--tls-key", "-", stdin=pair.key_pem)
    assert values(created(done)) == expected
    done = _create("tls", "--tls-cert", "crt", "--from-env", "tls.key=KEY")
    assert values(created(done)) == expected
    monkeypatch.setenv("KEY", key_pem(private_key("rsa")).decode())
    done = _create("tls", "--tls-cert", "crt", "--from-env", "tls.key=KEY")
    _refused(done, 3, "error: item tls.key: the private key does not belong to the certificate")


@pytest.mark.parametrize("spec", ["tls:a.example,10.0.0.1", "tls=tls:a.example,10.0.0.1"])
def test_tls_that_is_generated_belongs_together(spec: str) -> None:
    """The key need not be named; the certificate's fingerprint is told."""
    done = _create("tls", "--generate", spec)
    data = values(created(done))
    chain = read_chain(data["tls.crt"])
    check_tls_pair(chain, read_tls_key(data["tls.key"]))
    assert "note: tls.crt vouches for itself: SHA-256 " in done.err
    assert "PRIVATE" not in done.err


@pytest.mark.parametrize(
    ("days", "said"),
    [(29, "warning: crt: item tls.crt: the certificate expires on"), (-1, "expired on"), (31, "")],
)
def test_tls_that_expires_is_taken_with_a_warning(folder: Path, days: int, said: str) -> None:
    """As kubectl takes it, without a word."""
    pair = _issue("a", days=days)
    write_all(folder, {"crt": pair.pem, "key": pair.key_pem})
    done = _create("tls", *PAIR)
    assert values(created(done))["tls.crt"] == pair.pem
    assert said in done.err
    assert ("warning" in done.err) is bool(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": key_pem(private_key("rsa"))}, "error: key: item tls.key: the private key does"),
        ({"key": key_pem(private_key("rsa"), encrypted=True)}, "encrypted with a passphrase"),
        ({"key": b""}, "error: key: item tls.key: no private key found\nhint: the file is empty"),
        ({"crt": b"words"}, "error: crt: item tls.crt: no certificate found"),
        ({"crt": None}, "error: crt: cannot be read: No such file"),
        ({"key": None}, "error: key: cannot be read: No such file"),
    ],
)
def test_tls_that_cannot_serve_is_refused_with_the_file(
    folder: Path, change: dict[str, bytes | None], said: str
) -> None:
    """Code 3: it is input; code 4 is for the certificate that seals."""
    pair = _issue("a")
    files = {"crt": pair.pem, "key": pair.key_pem, **change}
    write_all(folder, {name: data for name, data in files.items() if data is not None})
    _refused(_create("tls", *PAIR), 3, said)


def test_tls_chain_has_to_be_in_order(folder: Path) -> None:
    """The leaf first, and behind each its issuer."""
    root = _issue("root")
    middle = _issue("middle", root)
    leaf = _issue("leaf!!", middle)
    chain = leaf.pem + middle.pem + root.pem
    write_all(folder, {"crt": chain, "key": leaf.key_pem})
    assert values(created(_create("tls", *PAIR)))["tls.crt"] == chain
    write_all(folder, {"crt": leaf.pem + root.pem + middle.pem})
    _refused(_create("tls", *PAIR), 3, "certificate 1 of the file was not issued by certificate 2")
    write_all(folder, {"crt": root.pem + leaf.pem})
    _refused(_create("tls", *PAIR), 3, "belongs to certificate 2 of the file")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "a TLS Secret needs a certificate and its key"),
        (("--tls-cert", "rsa2048.crt.pem"), 3, "data[tls.key]: Required value"),
        (("--tls-key", "rsa2048.key.pem"), 3, "data[tls.crt]: Required value"),
        (("--key", "rsa2048.key.pem"), 2, "--tls-cert and --tls-key"),
        (("--tls-cert", "-", "--tls-key", "-"), 2, "the source of one value only"),
        (("--tls-cert", "a", "--from-file", "tls.crt=a"), 3, "cannot add key tls.crt"),
        (("--generate", "tls:a b"), 2, "not every host"),
        (("--generate", "hunter2"), 2, "there is no such generator"),
    ],
)
def test_tls_wrong_usage_is_explained(
    folder: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """And what is missing is named."""
    write_all(folder, {"a": _issue("a").pem})
    _refused(_create("tls", *arguments), code, said)


def _config(done: Done) -> dict[str, dict[str, dict[str, str]]]:
    secret = created(done)
    assert secret.type == "kubernetes.io/dockerconfigjson"
    config: dict[str, dict[str, dict[str, str]]] = json.loads(values(secret)[".dockerconfigjson"])
    return config


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_docker_registry_takes_the_password_from_where_it_is(
    folder: Path, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard input, a file or a variable; the end of the line is no part of it."""
    password = "s3cr\xe4t"
    entry = {
        "username": "ci",
        "password": password,
        "auth": base64.b64encode(f"ci:{password}".encode()).decode(),
    }
    line = (password + end).encode()
    write_all(folder, {"pw": line})
    monkeypatch.setenv("PW", password)
    for arguments, stdin in (
        ((), line),
        (("--docker-password-file", "-"), line),
        (("--docker-password-file", "pw"), b""),
        (("--docker-password-env", "PW"), b""),
    ):
        done = _create("docker-registry", "--docker-username", "ci", *arguments, stdin=stdin)
        assert _config(done) == {"auths": {"https://index.docker.io/v1/": entry}}
        assert password not in done.err


def test_docker_registry_takes_a_whole_configuration(folder: Path) -> None:
    """Under its key, which need not be named."""
    write_all(folder, {"config.json": '{"auths": {}}'})
    assert _config(_create("docker-registry", "--from-file", "config.json")) == {"auths": {}}
    done = _create("docker-registry", "--from-file", "-", stdin=b'{"auths": {}}')
    assert _config(done) == {"auths": {}}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "neither a configuration nor a login is given"),
        (("--docker-username", "ci"), 3, "error: -: there is no password"),
        (("--docker-username", "ci", "--docker-server", ""), 2, "neither a configuration"),
        (("--docker-username", "ci", "--docker-password-file", "no"), 3, "no: cannot be read"),
        (("--docker-username", "ci", "--docker-password-file", "bad"), 3, "not UTF-8 text"),
        (("--docker-username", "ci", "--docker-password-env", "NO"), 3, "is not set"),
        (("--docker-username", "ci", "--docker-password", "hunter2"), 2, "is refused"),
        (("--docker-username", "ci", "--docker-password=hunter2"), 2, "is refused"),
        (("--docker-username", "ci", "--from-file", "bad"), 2, "exclude each other"),
        (
            (
                *("--docker-username", "ci", "--docker-password-file", "bad"),
                *("--docker-password-env", "NO"),
            ),
            2,
            "exclude each other",
        ),
        (
            ("--from-file", "bad"),
            3,
            'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>',
        ),
        (("--from-file", "other=bad"), 3, "data[.dockerconfigjson]: Required value"),
        (("--docker-username", "ci", "--cert", "-"), 2, "standard input cannot be both"),
    ],
)
def test_docker_registry_wrong_usage_is_explained(
    folder: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """And no value is repeated."""
    write_all(folder, {"bad": b"\xffhunter2"})
    done = _create("docker-registry", *arguments)
    _refused(done, code, said)
    assert "hunter2" not in done.err


def test_docker_registry_user_with_a_colon_is_told() -> None:
    """Whoever reads it will split there."""
    done = _create("docker-registry", "--docker-username", "a:b", stdin=b"pw")
    assert "warning: the user name holds a colon" in done.err
    assert _config(done)["auths"]["https://index.docker.io/v1/"]["username"] == "a:b"


@pytest.mark.parametrize(
    ("arguments", "stdin", "expected"),
    [
        (("--username", "app"), b"pw\n", {"username": b"app", "password": b"pw"}),
        ((), b" pw ", {"password": b" pw "}),
        (("--username", "app", "--no-password"), b"", {"username": b"app"}),
        (
            ("--from-file", "username=-", "--from-env", "password=PW"),
            b"app",
            {"username": b"app", "password": b"from-env"},
        ),
    ],
)
def test_basic_auth_takes_what_is_given(
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    stdin: bytes,
    expected: dict[str, bytes],
) -> None:
    """User, password, or both."""
    monkeypatch.setenv("PW", "from-env")
    secret = created(_create("basic-auth", *arguments, stdin=stdin))
    assert (secret.type, values(secret)) == ("kubernetes.io/basic-auth", expected)


def test_basic_auth_generates_a_password() -> None:
    """Whose key need not be named."""
    data = values(created(_create("basic-auth", "--username", "app", "--generate", "alnum:24")))
    assert (data["username"], len(data["password"])) == (b"app", 24)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--no-password",), 3, "data[username]: Required value"),
        (("--username", "app"), 3, "error: -: there is no password"),
        (("--password", "hunter2"), 2, "--password is refused"),
        (("--username", "a", "--from-file", "username=u"), 2, "the user name is there twice"),
        (("--no-password", "--from-file", "password=u"), 2, "exclude each other"),
    ],
)
def test_basic_auth_wrong_usage_is_explained(
    folder: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """And no value is repeated."""
    write_all(folder, {"u": "hunter2"})
    done = _create("basic-auth", *arguments)
    _refused(done, code, said)
    assert "hunter2" not in done.err


def test_ssh_auth_from_a_file_is_what_it_holds(folder: Path) -> None:
    """With further items besides."""
    key = key_pem(private_key("ed25519"), PrivateFormat.OpenSSH)
    write_all(folder, {"id": key, "known_hosts": "host key"})
    done = _create("ssh-auth", "--ssh-key", "id", "--from-file", "known_hosts")
    secret = created(done)
    assert secret.type == "kubernetes.io/ssh-auth"
    assert values(secret) == {"ssh-privatekey": key, "known_hosts": b"host key"}
    assert "warning" not in done.err


def test_ssh_auth_that_is_generated_tells_the_public_key() -> None:
    """On standard error, and beside the private one."""
    done = _create("ssh-auth", "--generate", "ssh-ed25519")
    data = values(created(done))
    assert check_ssh_key(data["ssh-privatekey"]) == []
    assert data["ssh-privatekey.pub"].decode().strip() in done.err
    assert data["ssh-privatekey"].splitlines()[1].decode() not in done.err


def test_ssh_auth_with_a_passphrase_is_told(folder: Path) -> None:
    """Whoever uses the key has to know it."""
    write_all(folder, {"id": key_pem(private_key("rsa"), PrivateFormat.OpenSSH, encrypted=True)})
    done = _create("ssh-auth", "--ssh-key", "id")
    assert "warning: id: item ssh-privatekey: the private key has a passphrase" in done.err
    assert "ssh-privatekey" in created(done).data


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "an SSH Secret needs a private key"),
        (("--ssh-key", "no"), 3, "error: no: cannot be read"),
        (("--ssh-key", "text"), 3, "error: text: item ssh-privatekey: no SSH private key found"),
        (("--from-file", "text"), 3, "data[ssh-privatekey]: Required value"),
        (("--generate", "alnum:32"), 3, "no SSH private key found"),
        (("--ssh-key", "text", "--generate", "ssh-ed25519"), 3, "cannot add key ssh-privatekey"),
    ],
)
def test_ssh_auth_wrong_usage_is_explained(
    folder: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """And no value is repeated."""
    write_all(folder, {"text": "hunter2"})
    done = _create("ssh-auth", *arguments)
    _refused(done, code, said)
    assert "hunter2" not in done.err
