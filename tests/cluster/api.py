"""Requests to the tests' API server over one connection.

kubectl takes some 60 milliseconds to start; what looks at the cluster several times a second cannot
use it.
"""

import http.client
import json
import ssl
from collections.abc import Mapping
from typing import Any

from tests.cluster.server import Cluster

__all__ = ["Api", "ApiError"]

_SECONDS = 30


class ApiError(Exception):
    """The API server refused something.

    Attributes:
        code: The HTTP status.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Api:
    """A connection to the API server; for one thread.

    Args:
        cluster: The API server.
        token: Whose; an administrator's if not given.
        headers: More headers of each request.
    """

    def __init__(
        self, cluster: Cluster, token: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        context = ssl.create_default_context(cafile=cluster.ca_file)
        self._connection = http.client.HTTPSConnection(
            cluster.url.removeprefix("https://"), timeout=_SECONDS, context=context
        )
        bearer = f"Bearer {token or cluster.admin_token}"
        self._headers = {"Authorization": bearer, **(headers or {})}

    def get(self, path: str) -> dict[str, Any]:
        """Return what is there."""
        return self.request("GET", path)

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Create something."""
        return self.request("POST", path, body)

    def merge(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Change something with a merge patch."""
        return self.request("PATCH", path, body, "application/merge-patch+json")

    def apply(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Create something, or make it as it is given (server-side apply)."""
        query = "?fieldManager=kubelet&force=true"
        return self.request("PATCH", path + query, body, "application/apply-patch+yaml")

    def delete(self, path: str, body: Mapping[str, object] | None = None) -> None:
        """Delete something, unless it is gone already."""
        try:
            self.request("DELETE", path, body or {})
        except ApiError as error:
            if error.code != http.HTTPStatus.NOT_FOUND:
                raise

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        media_type: str = "application/json",
    ) -> dict[str, Any]:
        """Send a request and return the object of the answer.

        Raises:
            ApiError: It was refused.
            OSError: The API server is away.
            http.client.HTTPException: It went away.
        """
        data = None if body is None else json.dumps(body)
        try:
            self._connection.request(
                method, path, data, {**self._headers, "Content-Type": media_type}
            )
            answer = self._connection.getresponse()
            text = answer.read() or b"{}"
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        found: dict[str, Any] = json.loads(text)
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise ApiError(answer.status, f"{method} {path}: {found.get('message', text)}")
        return found

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()
