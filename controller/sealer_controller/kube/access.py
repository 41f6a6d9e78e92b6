"""Where the Kubernetes API server is, and how we show who we are.

Inside a cluster every Pod is given both: two environment variables with the address, and a folder
with a token, the certificate that signs the server's, and the Pod's own namespace. Outside they
are settings. Either way token and certificates stay in their files, which are read again as they
rotate.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sealer_controller.kube.errors import AccessError

__all__ = ["SERVICE_ACCOUNT", "Access", "TokenFile", "Trust", "in_cluster"]

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_MAX_AGE_SECONDS = 60.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Access:
    """The API server's address and the files that open it.

    Attributes:
        server: `https://HOST:PORT` or `http://HOST:PORT`, perhaps with a path before `/api`.
        token_file: Holds a bearer token; None sends none, as behind `kubectl proxy`.
        ca_file: PEM certificates that vouch for the server; None means the system's.
    """

    server: str
    token_file: Path | None = None
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        """Refuse an address that cannot work, or that would send a token in the clear.

        Raises:
            AccessError: It says what is wrong with the address.
        """
        try:
            url = urlsplit(self.server)
            usable = url.scheme in ("http", "https") and url.hostname and url.port != 0
        except ValueError:
            usable = False
        if not usable or url.username is not None or url.query or url.fragment:
            raise AccessError(
                "the API server's address is not a URL that can be used",
                hint="give --server as https://HOST:PORT",
            )
        if url.scheme == "http" and self.token_file and url.hostname not in _LOOPBACK:
            raise AccessError(
                f"a token would travel readable to {url.hostname}",
                hint="use https, or run `kubectl proxy` and give its address without a token",
            )

    def tls(self) -> ssl.SSLContext | None:
        """Return what verifies the server's certificate; None for plain HTTP.

        Raises:
            AccessError: The file of certificates cannot be used.
        """
        if self.server.startswith("http:"):
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise AccessError(
                f"{self.ca_file}: no certificates to trust: {error.strerror or 'not PEM'}",
                hint="give the cluster's CA certificates in PEM as --ca-file",
            ) from error


def in_cluster(environ: Mapping[str, str], folder: Path = SERVICE_ACCOUNT) -> Access:
    """Return the access that Kubernetes gives to every Pod.

    Raises:
        AccessError: We do not run in a cluster, or without a service account token.
    """
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        raise AccessError(
            "not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set",
            hint="give --server, or --source and --target to work on folders",
        )
    if ":" in host:
        host = f"[{host}]"
    return Access(f"https://{host}:{port}", folder / "token", folder / "ca.crt")


class TokenFile:
    """A bearer token that is read again from its file at least once a minute: it rotates."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._token = ""
        self._expires = clock()

    def read(self) -> str:
        """Return the token; the last one while the file holds none.

        Raises:
            AccessError: There is none yet.
        """
        if not self._token or self._clock() >= self._expires:
            self._token = self._load()
            self._expires = self._clock() + _MAX_AGE_SECONDS
        return self._token

    def reread(self, refused: str) -> bool:
        """Read the file now, after the server refused a token; return whether there is another."""
        self._expires = self._clock()
        return self.read() != refused

    def _load(self) -> str:
        why = "not a token"
        try:
            token = self._path.read_text("ascii").strip()
            if token and token.isprintable() and " " not in token:
                return token
        except OSError as error:
            why = error.strerror or why
        except ValueError:
            pass
        if self._token:
            return self._token
        raise AccessError(f"{self._path}: no token: {why}", hint="check --token-file")


class Trust:
    """The certificates that vouch for the server, read again when their file changes: they rotate.

    Args:
        access: Names the file.
        clock: Seconds of a clock that never goes back.

    Raises:
        AccessError: The file cannot be used.
    """

    def __init__(self, access: Access, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._clock = clock
        self._text = self._read()
        self._context = access.tls()
        self._expires = clock() + _MAX_AGE_SECONDS

    def context(self) -> ssl.SSLContext | None:
        """Return what verifies the server's certificate; None for plain HTTP.

        The last certificates count while the file holds none that can be used.
        """
        if self._context is not None and self._clock() >= self._expires:
            self._reload()
        return self._context

    def reread(self, doubted: ssl.SSLContext | None) -> bool:
        """Read the file now, after the server was not believed; return whether it is another."""
        self._reload()
        return self._context is not doubted

    def _reload(self) -> None:
        self._expires = self._clock() + _MAX_AGE_SECONDS
        text = self._read()
        if text and text != self._text:
            with suppress(AccessError):  # it is being written
                self._context, self._text = self._access.tls(), text

    def _read(self) -> bytes:
        try:
            return self._access.ca_file.read_bytes() if self._access.ca_file else b""
        except OSError:
            return b""
