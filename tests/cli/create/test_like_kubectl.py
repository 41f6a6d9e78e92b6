"""What `sealer create` seals is what the real `kubectl create secret` makes of the same files.

The real kubectl is built by `make cluster`; no cluster is asked.
"""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.create.opening import FOR_SHOP, created
from tests.cluster.fixtures import find_programs
from tests.support.program import run, write_all
from tests.support.tls import issue, key_pem, odd_key_pem, private_key

pytestmark = pytest.mark.cluster
FILES: dict[str, str | bytes] = {
    "plain.txt": "text\n",
    "binary": bytes(range(256)),
    "empty": b"",
    "UPPER_case-1.x": "crlf\r\nline\r\n",
    ".hidden": "h",
    "folder/a": "1",
    "folder/B.b": b"\xff\xfe\x00",
    "folder/.dot": "",
    "folder/sub/ignored": "no",
    "bad/with space": "x",
    "bad-dots/..data": "x",
    "nothing/sub/x": "x",
    "with=sign": "x",
    "a,b": "x",
    "config.json": '{"auths": {}}',
    "simple.env": "A=1\nB=two words\n# comment\n\n  C = x\n".replace(" = ", "= "),
    "odd.env": '\ufeffA=1\r\n  B=2 \n\n# c\n\tC=x=y\nSET\nE="q"\n',
    "space.env": "\v\fF=1\n\x85G=3\nH=a\rb\r\r\nI=\n",
    "empty.env": "",
    "last-line.env": "A=1\nB=no line end",
    "cr.env": "A=1\r",
    "comment.env": "#A=1\n  # B=2",
    "names.env": ".a=1\n-b=2\n_c=3\nd.e-f_G9=4\n",
    "twice.env": "A=1\nA=2\n",
    "space-in-name.env": "A B=1\n",
    "digit.env": "1A=1\n",
    "dots.env": "..A=1\n",
    "dot.env": ".=1\n",
    "export.env": "export A=1\n",
    "no-name.env": "=1\n",
    "latin.env": b"A=\xe9\n",
    "utf16.env": "A=1\n".encode("utf-16"),
    "mark-later.env": "A=1\n\ufeffB=2\n",
    "umlaut.env": "\xe4=1\n",
    "information-separator.env": "\x1fA=1\n",
}


@dataclass(frozen=True)
class Outcome:
    """What a program made: the data, the type, or nothing because it refused."""

    data: dict[str, str] | None
    type: str = ""


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with all kinds of files, and an environment with one variable in it."""
    write_all(folder, FILES)
    (folder / "folder" / "link").symlink_to(folder / "plain.txt")
    (folder / "link").symlink_to(folder / "plain.txt")
    monkeypatch.setenv("SET", "from the environment")
    monkeypatch.delenv("UNSET", raising=False)
    return folder


def _by_kubectl(*arguments: str) -> Outcome:
    kubectl = [
        str(find_programs() / "kubectl"),
        "create",
        "secret",
        "--dry-run=client",
        "-o",
        "json",
    ]
    done = subprocess.run(
        [*kubectl, *arguments],
        env={**os.environ, "KUBECONFIG": os.devnull},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        return Outcome(None)
    manifest = json.loads(done.stdout)
    return Outcome(manifest.get("data", {}), manifest.get("type", ""))


def _by_sealer(*arguments: str) -> Outcome:
    done = run("create", *arguments, *FOR_SHOP)
    if done.code:
        assert done.code in (2, 3), done.err
        return Outcome(None)
    manifest: dict[str, Any] = created(done).to_object()
    return Outcome(manifest.get("data", {}), manifest.get("type", ""))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "arguments",
    [
        *((f"--from-file={name}",) for name in FILES if "/" not in name),
        ("--from-file=link",),
        ("--from-file=folder",),
        ("--from-file=folder/",),
        ("--from-file=./folder/../folder",),
        ("--from-file=bad",),
        ("--from-file=bad-dots",),
        ("--from-file=nothing", "--from-file=plain.txt"),
        ("--from-file=k=plain.txt",),
        ("--from-file", "k=plain.txt", "--from-file", "empty"),
        ("--from-file=plain.txt,k=binary",),
        ('--from-file="a,b"',),
        ('--from-file=k="a,b"',),
        ('--from-file="k=a,b"',),
        ("--from-file=k=folder",),
        ("--from-file=k=",),
        ("--from-file==plain.txt",),
        ("--from-file=a=b=plain.txt",),
        ("--from-file=k k=plain.txt",),
        ("--from-file=.=plain.txt",),
        ("--from-file=..=plain.txt",),
        ("--from-file=..x=plain.txt",),
        ("--from-file=missing",),
        ("--from-file=plain.txt", "--from-file=plain.txt"),
        ("--from-file=a=plain.txt", "--from-file=folder"),
        *((f"--from-env-file={name}",) for name in FILES if name.endswith(".env")),
        ("--from-env-file=simple.env,names.env",),
        ("--from-env-file=simple.env", "--from-env-file=names.env"),
        ("--from-env-file=simple.env", "--from-env-file=last-line.env"),
        ("--from-env-file=folder",),
        ("--from-env-file=missing",),
        ("--from-file=plain.txt", "--type=example.com/mine"),
    ],
    ids=" ".join,
)
def test_generic_is_what_kubectl_makes(arguments: tuple[str, ...]) -> None:
    """The same items, and a refusal where kubectl refuses."""
    allow = ("--allow-empty-data",)
    assert _by_sealer("generic", "x", *arguments, *allow) == _by_kubectl("generic", "x", *arguments)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("email", ["", "me@example.com"])
@pytest.mark.parametrize(
    ("server", "username", "password"),
    [
        ("", "ci", "hunter2"),
        ("registry.example.com:5000", "<a>&'b'", 'p"\\ \u00e4\u20ac\u2028\u2029'),
        ("https://x/<&>", "robot$ci", "\x01\x08\x0c\x1f\x7f\ttab"),
        ("x", "u", "\U0001f511 \ud7ff\ue000"),
    ],
)
def test_docker_registry_is_what_kubectl_makes(
    folder: Path, server: str, username: str, password: str, email: str
) -> None:
    """The configuration is the same byte for byte."""
    options = [f"--docker-username={username}", *([f"--docker-server={server}"] if server else [])]
    options += [f"--docker-email={email}"] if email else []
    (folder / "pw").write_text(f"{password}\n")
    ours = _by_sealer("docker-registry", "x", *options, "--docker-password-file=pw")
    assert ours == _by_kubectl("docker-registry", "x", *options, f"--docker-password={password}")
    assert ours.data


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "arguments",
    [
        ("--from-file=config.json",),
        ("--from-file=.dockerconfigjson=config.json",),
        ("--from-file=folder",),
        ("--from-file=missing",),
        (),
    ],
    ids=" ".join,
)
def test_docker_registry_from_a_file_is_what_kubectl_makes(arguments: tuple[str, ...]) -> None:
    """A file is taken as it is, under the one key that counts."""
    ours = _by_sealer("docker-registry", "x", *arguments)
    assert ours == _by_kubectl("docker-registry", "x", *arguments)


_RSA, _EC, _ED25519 = (issue(kind, kind=kind) for kind in ("rsa", "p256", "ed25519"))
_LEGACY, _OPENSSH = PrivateFormat.TraditionalOpenSSL, PrivateFormat.OpenSSH
_PARAMETERS = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
_LEAF = issue("leaf", _RSA)
TLS: dict[str, tuple[bytes, bytes]] = {
    "rsa": (_RSA.pem, _RSA.key_pem),
    "pkcs1": (_RSA.pem, key_pem(_RSA.key, _LEGACY)),
    "ecdsa": (_EC.pem, _EC.key_pem),
    "sec1": (_EC.pem, _PARAMETERS + key_pem(_EC.key, _LEGACY)),
    "ed25519": (_ED25519.pem, _ED25519.key_pem),
    "chain": (_LEAF.pem + _RSA.pem, _LEAF.key_pem),
    "chain-reversed": (_RSA.pem + _LEAF.pem, _LEAF.key_pem),
    "other-key": (_RSA.pem, key_pem(private_key("rsa", 9))),
    "other-kind": (_RSA.pem, _EC.key_pem),
    "swapped": (_RSA.key_pem, _RSA.pem),
    "both-in-one": (_RSA.pem + _RSA.key_pem, _RSA.key_pem + _RSA.pem),
    "text-around": (b"words\n" + _RSA.pem + b"more\n", b"\n\n" + _RSA.key_pem + b"end"),
    "crlf": (_RSA.pem.replace(b"\n", b"\r\n"), _RSA.key_pem.replace(b"\n", b"\r\n")),
    "no-last-line-end": (_RSA.pem.strip(), _RSA.key_pem.strip()),
    "mark": (b"\xef\xbb\xbf" + _RSA.pem, _RSA.key_pem),
    "mark-before-key": (_RSA.pem, b"\xef\xbb\xbf" + _RSA.key_pem),
    "utf-16": (_RSA.pem.decode().encode("utf-16"), _RSA.key_pem),
    "encrypted": (_RSA.pem, key_pem(_RSA.key, encrypted=True)),
    "encrypted-pkcs1": (_RSA.pem, key_pem(_RSA.key, _LEGACY, encrypted=True)),
    "openssh": (_RSA.pem, key_pem(_RSA.key, _OPENSSH)),
    "dsa": (_RSA.pem, odd_key_pem("dsa")),
    "ed448": (_RSA.pem, odd_key_pem("ed448")),
    "der": (_RSA.certificate.public_bytes(Encoding.DER), _RSA.key_pem),
    "cut": (_RSA.pem[:300], _RSA.key_pem),
    "cut-key": (_RSA.pem, _RSA.key_pem[:300]),
    "empty": (b"", _RSA.key_pem),
    "empty-key": (_RSA.pem, b""),
}


@pytest.mark.parametrize("name", TLS)
def test_tls_is_what_kubectl_makes(folder: Path, name: str) -> None:
    """The files are taken as they are, and pairs that cannot serve are refused by both."""
    certificate, key = TLS[name]
    write_all(folder, {"crt": certificate, "key": key})
    ours = _by_sealer("tls", "x", "--tls-cert=crt", "--tls-key=key")
    assert ours == _by_kubectl("tls", "x", "--cert=crt", "--key=key")


_LINES = st.lists(
    st.one_of(
        st.from_regex(r"[-._a-zA-Z0-9 #\t]{0,4}(=[^\n]{0,6})?", fullmatch=True),
        st.sampled_from(["SET", "UNSET", "", "# x", "\u2003K=1", "\xa0L=2 ", "M=\ufeff", "N=a\r"]),
    ),
    max_size=4,
)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("text", ["UNSET\n", "A=1\nUNSET", "S3cr3tValue-without-key\n"])
def test_env_file_name_that_is_not_set_is_refused_where_kubectl_makes_it_a_key(
    folder: Path, text: str
) -> None:
    """The one difference, on purpose: it may be a secret, and a key is written in the clear."""
    (folder / "bare.env").write_text(text)
    arguments = ("generic", "x", "--from-env-file=bare.env")
    name = text.rsplit(maxsplit=1)[-1]
    assert (_by_kubectl(*arguments).data or {})[name] == ""
    assert _by_sealer(*arguments) == Outcome(None)


@pytest.mark.usefixtures("here")
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=_LINES, mark=st.sampled_from(["", "\ufeff"]), end=st.sampled_from(["\n", "\r\n"]))
def test_env_file_of_any_lines_is_what_kubectl_makes(lines: list[str], mark: str, end: str) -> None:
    """The items are the same, or both refuse; only a name that is not set is refused here alone."""
    text = mark + end.join(lines)
    try:
        Path("any.env").write_bytes(text.encode())
    except UnicodeEncodeError:
        return
    arguments = ("generic", "x", "--from-env-file=any.env")
    ours = _by_sealer(*arguments, "--allow-empty-data")
    assert ours == (Outcome(None) if _has_unset_name(lines) else _by_kubectl(*arguments))


def _has_unset_name(lines: list[str]) -> bool:
    """Tell whether a line is neither blank nor a comment, and names no variable with a value."""
    bare = [line.strip() for line in lines if "=" not in line]
    return any(name and name[0] != "#" and name not in os.environ for name in bare)
