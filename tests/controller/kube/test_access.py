"""Address, certificates and token: what cannot work is refused at the start, and nothing leaks."""

from pathlib import Path

import pytest

from sealer_controller.kube.access import Access, TokenFile, Trust, in_cluster
from sealer_controller.kube.errors import AccessError
from tests.support.tls import issue


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_in_cluster_reads_what_every_pod_is_given(tmp_path: Path) -> None:
    """Address from the environment, files from the folder."""
    environ = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    access = in_cluster(environ, tmp_path)
    assert access == Access("https://10.96.0.1:443", tmp_path / "token", tmp_path / "ca.crt")


def test_in_cluster_brackets_an_ipv6_address(tmp_path: Path) -> None:
    """Otherwise its last colon would begin a port."""
    environ = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    assert in_cluster(environ, tmp_path).server == "https://[fd00::1]:443"


@pytest.mark.parametrize("environ", [{}, {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}])
def test_in_cluster_outside_says_what_to_do(environ: dict[str, str]) -> None:
    """The error names the variables and the flags."""
    with pytest.raises(AccessError, match="not in a cluster") as caught:
        in_cluster(environ)
    assert "--server" in caught.value.hint


@pytest.mark.parametrize(
    "server",
    [
        "",
        "10.0.0.1:6443",
        "ftp://host",
        "https://",
        "https://host:port",
        "https://user:pass@host",
        "https://host?token=x",
        "https://host#x",
        "https://[::1",
    ],
)
def test_access_refuses_an_address_that_cannot_work(server: str) -> None:
    """And does not repeat it: it may hold a password."""
    with pytest.raises(AccessError, match="not a URL that can be used") as caught:
        Access(server)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize(
    "server", ["https://host", "https://host:6443/k8s/clusters/c-1", "http://[::1]:8001"]
)
def test_access_takes_what_people_have(server: str) -> None:
    """Ports, paths of a proxy, loopback."""
    assert Access(server).server == server


def test_access_sends_no_token_in_the_clear(tmp_path: Path) -> None:
    """Plain HTTP with a token is for loopback alone."""
    token = tmp_path / "token"
    assert Access("http://127.0.0.1:8001", token).token_file == token
    with pytest.raises(AccessError, match=r"readable to example\.com"):
        Access("http://example.com", token)


def test_tls_of_plain_http_is_none() -> None:
    """There is nothing to verify."""
    assert Access("http://127.0.0.1:8001").tls() is None


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_tls_without_usable_certificates_names_the_file(
    tmp_path: Path, content: str | None
) -> None:
    """A CA file that is missing or no PEM is an error at the start."""
    path = tmp_path / "ca.crt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(AccessError, match=r"ca\.crt: no certificates to trust"):
        Access("https://host", None, path).tls()


def test_token_is_read_again_after_a_minute(tmp_path: Path) -> None:
    """It rotates in its file; between two reads the file is left alone."""
    path, clock = tmp_path / "token", Clock()
    path.write_text("one\n")
    token = TokenFile(path, clock=clock)
    assert token.read() == "one"
    path.write_text("two\n")
    clock.now += 59
    assert token.read() == "one"
    clock.now += 1
    assert token.read() == "two"


def test_token_that_was_refused_is_read_again_at_once(tmp_path: Path) -> None:
    """It says whether the file holds another one by now."""
    path = tmp_path / "token"
    path.write_text("one")
    token = TokenFile(path, clock=Clock())
    assert token.read() == "one"
    assert not token.reread("one")
    path.write_text("two")
    assert token.reread("one")
    assert token.reread("one")  # of a request that was under way at the same time
    assert token.read() == "two"


@pytest.mark.parametrize("content", [None, "", "not a token\n"])
def test_token_outlives_its_file_for_a_while(tmp_path: Path, content: str | None) -> None:
    """While the file is gone, or being written, the last token is used; it may still be good."""
    path, clock = tmp_path / "token", Clock()
    path.write_text("one")
    token = TokenFile(path, clock=clock)
    token.read()
    path.unlink()
    if content is not None:
        path.write_text(content)
    clock.now += 100
    assert token.read() == "one"
    assert not token.reread("one")


@pytest.mark.parametrize(
    "content", [None, b"", b"\n", b"canary\r\nX-Evil: 1", b"canary canary", b"\xff", b"a\x00b"]
)
def test_token_file_without_a_token_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    """Nothing is sent that could be a header of its own, and nothing of the file is repeated."""
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AccessError) as caught:
        TokenFile(path).read()
    assert str(path) in caught.value.message
    assert "canary" not in repr(caught.value)


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A file with a certificate that vouches for a server."""
    path = tmp_path / "ca.crt"
    path.write_bytes(issue("one").pem)
    return path


def test_trust_is_read_again_after_a_minute(authority: Path) -> None:
    """Certificates rotate in their file; a file that has not changed costs no new context."""
    clock = Clock()
    trust = Trust(Access("https://host", None, authority), clock=clock)
    first = trust.context()
    clock.now += 60
    assert trust.context() is first
    authority.write_bytes(issue("another").pem)
    clock.now += 59
    assert trust.context() is first
    clock.now += 1
    assert trust.context() is not first


@pytest.mark.parametrize("content", [None, b"", b"half a certi"])
def test_trust_outlives_its_file_for_a_while(authority: Path, content: bytes | None) -> None:
    """While the file is gone, or being written, the last certificates count."""
    clock = Clock()
    trust = Trust(Access("https://host", None, authority), clock=clock)
    first = trust.context()
    authority.unlink()
    if content is not None:
        authority.write_bytes(content)
    clock.now += 60
    assert trust.context() is first
    assert not trust.reread(first)
    authority.write_bytes(issue("another").pem)
    assert trust.reread(first)
    assert trust.reread(first)  # of a request that was under way at the same time
    assert trust.context() is not first


def test_trust_of_plain_http_needs_no_certificates() -> None:
    """There is nothing to verify, now and later."""
    clock = Clock()
    trust = Trust(Access("http://127.0.0.1:8001"), clock=clock)
    clock.now += 60
    assert trust.context() is None
