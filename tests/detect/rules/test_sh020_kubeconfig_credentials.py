"""SH020: keys, tokens and passwords in a kubeconfig are found; paths and commands pass."""

import base64
import json
import textwrap

import pytest

from tests.detect.rules.test_sh018_private_key import pem
from tests.detect.table import SEALED, STANZA, TOKEN, Row, findings, found, name_of, row

_KEY = base64.b64encode(pem().encode()).decode()


def _kubeconfig(user: str) -> str:
    return (
        "apiVersion: v1\nkind: Config\nclusters:\n- cluster: {server: 'https://x'}\n  name: x\n"
        "contexts: []\ncurrent-context: x\nusers:\n- name: admin\n  user: " + user + "\n"
    )


def _without(text: str, *lines: str) -> str:
    return "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith(lines)
    )  # fmt: skip


_KIND_AND_USERS = (
    "apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user: {token: a, password: b}\n"
)

MUST_FIND = [
    row("key", _kubeconfig(f"{{client-certificate-data: YQ==, client-key-data: {_KEY}}}"),
        "client-key-data"),
    row("token", _kubeconfig("{token: abc}"), "token"),
    row("password", _kubeconfig("{username: admin, password: abc}"), "password"),
    row("all", _kubeconfig("{token: a, password: b, client-key-data: YQ==}"),
        "token", "password", "client-key-data"),
    row("token of a provider", _kubeconfig("{auth-provider: {name: oidc, config: {id-token: a, "
        "refresh-token: b, idp-issuer-url: c}}}"), "id-token", "refresh-token"),
    row("secret of a client", _kubeconfig("{auth-provider: {config: {client-secret: a}}}"),
        "client-secret"),
    row("without kind", _without(_kubeconfig("{token: a}"), "kind", "apiVersion"), "token"),
    row("users only", _without(_kubeconfig("{token: a}"), "kind", "apiVersion", "contexts",
        "current", "clusters", "- cluster", "  name: x") + "current-context: x\n", "token"),
    row("clusters only", _without(_kubeconfig("{token: a}"), "contexts", "current"), "token"),
    row("kind and users", _KIND_AND_USERS, "token", "password"),
    row("kind and users in JSON", json.dumps({"users": [{"user": {"token": "a"}}],
        "kind": "Config", "apiVersion": "v1"}, indent=1), "token"),
    row("kind and users in quotes", '"users": [{"user": {"token": "a"}}]\n\'kind\': "Config"\n',
        "token"),
    row("JSON", json.dumps({"clusters": [], "contexts": [], "users": [{"user": {"token": "a"}}]}),
        "token"),
    row("in a ConfigMap", "kind: ConfigMap\ndata:\n  config: |\n"
        + textwrap.indent(_kubeconfig("{token: a}"), "    "), "token"),
    row("inside of another object", "kubeconfig:\n"
        + textwrap.indent(_kubeconfig("{token: a}"), "  "), "token"),
    row("second of two", f"a: b\n---\n{_kubeconfig('{token: a}')}", "token"),
    row("UTF-16", _kubeconfig("{token: a}").encode("utf-16"), "token"),
    row("token in a stanza of another", f"{_kubeconfig(f'{{token: {TOKEN!r}}}')}", "token"),
]  # fmt: skip

MUST_PASS = [
    row("command", _kubeconfig("{exec: {command: aws, args: [eks, get-token], env: "
        "[{name: AWS_PROFILE, value: x}]}}")),
    row("files", _kubeconfig("{client-key: /a.key, client-certificate: /a.crt, tokenFile: /t}")),
    row("certificate", _kubeconfig("{client-certificate-data: YQ==}")),
    row("provider without a token", _kubeconfig("{auth-provider: {name: gcp, config: {"
        "cmd-path: /x, expiry-key: '{.a}', token-key: '{.credential.access_token}'}}}")),
    row("as kubectl shows it", _kubeconfig("{client-key-data: DATA+OMITTED, token: REDACTED}")),
    row("empty", _kubeconfig("{token: '', password: null}")),
    row("references", _kubeconfig("{token: '${TOKEN}', password: '{{ .Values.password }}'}")),
    row("encoded reference", _kubeconfig(
        f"{{client-key-data: {base64.b64encode(b'${KEY}').decode()}}}")),
    row("SOPS", _kubeconfig(f"{{token: {TOKEN!r}}}") + STANZA.replace("data|", "token|")),
    row("sealed", _kubeconfig(f"{{token: {SEALED}}}")),
    row("no user", _kubeconfig("null")),
    row("nobody", "kind: Config\nclusters: []\ncontexts: []\nusers: []\n"),
    row("users of something else", "current-context: x\nusers:\n- {name: a, token: none}\n"),
    row("users of an application", "users:\n- name: a\n  user: {password: b}\n"),
    row("users of an application beside a kubeconfig",
        "current-context: x\nusers: []\n---\nusers:\n- name: a\n  user: {password: b}\n"),
    row("kind and users without credentials",
        "kind: Config\nusers: [{name: a, user: {exec: {command: b}}}]\n"),
    row("users of another kind", _KIND_AND_USERS.replace("Config", "ConfigMap")),
    row("users of a kind in lower case", _KIND_AND_USERS.replace("Config", "config")),
    row("binding", "kind: RoleBinding\nsubjects: [{kind: User, name: users}]\n"),
    row("clusters and users of an application", "clusters: [x]\nusers: [y]\nuser: {token: a}\n"),
    row("prose", "The clusters, contexts and users of a kubeconfig have a token: each one.\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_credential_is_found(case: Row) -> None:
    """Each credential is found once."""
    assert sorted(found(case.data)) == sorted(("SH020", key) for key in case.keys)


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_kubeconfig_without_credentials_passes(case: Row) -> None:
    """What lets nobody in passes."""
    assert found(case.data) == []


def test_finding_names_the_user() -> None:
    """A kubeconfig may have many."""
    (finding,) = findings(_kubeconfig("{token: abc}").encode())
    assert (finding.name, finding.pointer) == ("admin", "/1/users/0/user/token")
    assert finding.length == 3
