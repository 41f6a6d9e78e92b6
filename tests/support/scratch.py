"""The folder that the examples of all commands run in, as docs/cli.md describes it."""

import base64
import os
import sys
from pathlib import Path

from sealer.documents.emit import emit_json, emit_yaml
from sealer_keys.certificate import load_certificate
from tests.support import vectors
from tests.support.program import run, write_all

PROGRAMS = Path(sys.executable).parent
SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
stringData:
  password: correct horse battery staple
  user: app
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: app
        image: app
        envFrom: [{secretRef: {name: db}}]
"""
POLICY = """\
version: 1
clusters:
  prod: {{certificate: prod.pem, fingerprint: "{fingerprint}", paths: ["**"]}}
default: prod
"""
GENERATOR = """\
apiVersion: sealer.dev/v1
kind: SealedSecretGenerator
metadata: {name: api, namespace: shop}
files: [password.txt]
"""
# Answers as a cluster with a controller, one key and no SealedSecrets would.
KUBECTL = """\
#!{python} -IS
import json, sys
arguments = " ".join(sys.argv[1:])
if "cert.pem" in arguments:
    answer = open({folder!r} + "/prod.pem").read()
elif "/services/" in arguments:
    answer = json.dumps({{"spec": {{"ports": [{{"name": "http"}}]}}}})
elif "/secrets" in arguments:
    answer = json.dumps({{"kind": "SecretList", "apiVersion": "v1", "metadata": {{}},
                          "items": [json.load(open({folder!r} + "/key.json"))]}})
else:
    answer = json.dumps({{"kind": "List", "apiVersion": "v1", "metadata": {{}}, "items": []}})
sys.stdout.write(answer)
"""


def make_scratch(folder: Path) -> dict[str, str]:
    """Fill a folder with what the examples use, and return the environment to run them in."""
    certificate = (vectors.KEYS / "rsa2048.crt.pem").read_bytes()
    policy = POLICY.format(fingerprint=load_certificate(certificate).fingerprint)
    write_all(
        folder,
        {
            "secret.yaml": SECRET,
            "prod.pem": certificate,
            ".sealer.yaml": policy,
            "password.txt": "correct horse battery staple\n",
            "generator.yaml": GENERATOR,
            "clusters/prod/app.yaml": DEPLOYMENT,
        },
    )
    key = _key_secret()
    write_all(folder, {"key.yaml": emit_yaml(key), "programs/key.json": emit_json(key)})
    later = SECRET.replace("correct horse", "another horse")
    write_all(folder, {"later.yaml": later})
    for source, target in {
        "secret.yaml": ("db.yaml", "clusters/prod/db.yaml"),
        "later.yaml": ("new-db.yaml",),
    }.items():
        for name in target:
            done = run(
                "seal", str(folder / source), "-w", str(folder / name), "--cert",
                str(folder / "prod.pem"), "--no-cache",
            )  # fmt: skip
            assert done.code == 0, done.err
    (folder / "later.yaml").unlink()
    return _environment(folder)


def _key_secret() -> dict[str, object]:
    """Return the Secret of the private key, as a controller keeps it."""

    def encoded(name: str) -> str:
        return base64.b64encode((vectors.KEYS / name).read_bytes()).decode()

    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "sealed-secrets-key-prod",
            "namespace": "kube-system",
            "labels": {"sealedsecrets.bitnami.com/sealed-secrets-key": "active"},
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": encoded("rsa2048.crt.pem"), "tls.key": encoded("rsa2048.key.pem")},
    }


def _environment(folder: Path) -> dict[str, str]:
    programs = folder.parent / "programs"
    (folder / "programs").rename(programs)
    (programs / "prod.pem").write_bytes((folder / "prod.pem").read_bytes())
    for name, text in {
        "kubectl": KUBECTL.format(python=sys.executable, folder=str(programs)),
        "editor": "#!/bin/sh\nexec sed -i 's/user: .*/user: other/' \"$1\"\n",
    }.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    people = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    return dict.fromkeys(people, "a@example.com") | {
        "PATH": os.pathsep.join((str(programs), str(PROGRAMS), os.environ["PATH"])),
        "HOME": str(folder.parent),
        "EDITOR": str(programs / "editor"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
