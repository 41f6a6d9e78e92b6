"""The real kubectl, pointed at servers that the tests choose."""

import json
from functools import cache
from pathlib import Path

import pytest

from tests.cluster.fixtures import find_programs

_programs = cache(find_programs)  # it looks into the cache folder, which is exchanged below


def use_kubectl(
    monkeypatch: pytest.MonkeyPatch, folder: Path, server: str, **cluster: object
) -> Path:
    """Put the real kubectl on the path, with a kubeconfig for a server; return the kubeconfig.

    Args:
        monkeypatch: Puts the environment back.
        folder: Where the kubeconfig goes.
        server: The address of the API server.
        cluster: More settings of the cluster.
    """
    config = folder / "kubeconfig"
    config.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
                "clusters": [{"name": "here", "cluster": {"server": server, **cluster}}],
                "users": [{"name": "me", "user": {"token": "not-a-token"}}],
            }
        )
    )
    monkeypatch.setenv("PATH", f"{_programs()}:/usr/bin:/bin")
    monkeypatch.setenv("KUBECONFIG", str(config))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    return config
