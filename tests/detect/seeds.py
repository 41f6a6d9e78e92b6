"""Files that hold a Secret, one for each way to write it: where fuzzing begins."""

import base64
import json
import textwrap

from tests.detect.table import SEALED, STANZA, TOKEN

# No six characters of it can be a key or a name, so that a report can hold none of them rightly.
CANARY = "Zq7!xW9@kV3#pR5$"
_ENCODED = base64.b64encode(CANARY.encode()).decode()
_MANIFEST = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  password: '{CANARY}'
"""


def _indented(text: str, width: int) -> str:
    return textwrap.indent(text, " " * width)


def _in_string(text: str) -> str:
    return f"kind: ConfigMap\ndata:\n  a.yaml: |\n{_indented(text, 4)}"


# By what is special about each. `sops` and `sealed` hold nothing readable before they are damaged.
SEEDS: dict[str, str] = {
    "block": _MANIFEST,
    "flow": f"{{kind: Secret, metadata: {{name: db}}, stringData: {{password: '{CANARY}'}}}}\n",
    "json": json.dumps({"kind": "Secret", "data": {"password": _ENCODED}}, indent=1),
    "list": f"kind: List\nitems:\n- {_indented(_MANIFEST, 2).strip()}\n",
    "merge": f"- &a {{kind: Secret, data: &d {{a: {_ENCODED}}}}}\n- {{<<: *a, data: *d}}\n",
    "scalar": f"kind: Secret\nstringData:\n  a: >-\n    {CANARY}\n    {CANARY}\n",
    "copy": "kind: SealedSecret\nmetadata:\n  annotations:\n    a: "
    + json.dumps(json.dumps({"kind": "Secret", "data": {"a": _ENCODED}}))
    + "\n",
    "unsealed": f"kind: SealedSecret\nspec:\n  encryptedData:\n    a: '{CANARY}'\n",
    "key": "kind: Secret\nmetadata:\n  labels:\n    sealedsecrets.bitnami.com/sealed-secrets-key: "
    f"active\ndata:\n  tls.key: {_ENCODED}\n",
    "string": _in_string(_MANIFEST),
    "strings": _in_string(_in_string(_MANIFEST)),
    "patch": "kind: Kustomization\npatches:\n- target: {kind: Secret}\n  patch: |\n    - op: add\n"
    f"      path: /stringData/a\n      value: '{CANARY}'\n",
    "generator": f"secretGenerator:\n- name: db\n  literals:\n  - 'password={CANARY}'\n",
    "template": "kind: Secret\nmetadata:\n  name: {{ .Release.Name }}\nstringData:\n"
    f'  a: {{{{ .Values.a | default "{CANARY}" | quote }}}}\n  b: {CANARY}\n',
    "tabs": f"kind: Secret\nstringData:\n\ta: {CANARY}\n",
    "conflict": _MANIFEST.replace("stringData", "<<<<<<< HEAD\nstringData")
    + "=======\n>>>>>>> x\n",
    "comment": "a: b\n" + textwrap.indent(_MANIFEST, "# ", lambda _: True),
    "heredoc": f"kubectl apply -f - <<EOF\n{_MANIFEST}EOF\n",
    "command": f"kubectl create secret generic db --from-literal=password='{CANARY}'\n",
    "fence": f"# Title\n\n```yaml\n{_MANIFEST}```\n",
    "notebook": json.dumps({"cells": [{"cell_type": "code", "source": [_MANIFEST]}]}),
    "terraform": 'resource "kubernetes_secret" "db" {\n  data = {\n    password = '
    f'"{CANARY}"\n  }}\n}}\n',
    "program": f"const secret = `{_MANIFEST}`;\n",
    "object": "s = {'kind': 'Secret', 'stringData': {'a': " + repr(CANARY) + "}, x: y(1)}\n",
    "kubeconfig": "kind: Config\nclusters: []\nusers:\n- name: a\n  user:\n"
    f"    token: '{CANARY}'\n",
    "pem": f"-----BEGIN PRIVATE KEY-----\n{base64.b64encode(bytes(range(96))).decode()}\n"
    "-----END PRIVATE KEY-----\n",
    "sops": f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  a: {TOKEN}\n{STANZA}",
    "sealed": "kind: SealedSecret\nspec:\n  encryptedData:\n    a: "
    + base64.b64encode(b"\x02\x00" + bytes(range(256)) * 2 + bytes(40)).decode()
    + "\n",
}

# What makes readers change their mind: marks of every language that a detector reads.
MARKS = (
    "kind: Secret\n", "data:\n", "stringData: ", "secretGenerator:\n", "literals:\n", "sops:\n",
    "users:\n", "kind: Config\n", "apiVersion: x/y\n", "kind: SealedSecret\n", "- ", "? ", ": ",
    "{", "}", "[", "]", ",", "&a ", "*a", "<<: *a", "!!binary ", "!<", "|", ">-\n", "'", '"', "`",
    "\\", "\\u0053", "\n", "\n  ", "\n\t", "\r\n", "\r", "---\n", "...\n", "# ", "#!/bin/sh\n",
    "// ", "/*", "*/", "<!--", "-->", "{{", "}}", "{{/*", "${", "$(", "<<EOF\n", "EOF\n", "```\n",
    "~~~yaml\n", "%TAG ! x\n", "%YAML 9.9\n", "\x00", "\x07", "\x85", "\u2028", "\ufeff", "\ufffe",
    "<<<<<<< HEAD\n", "=======\n", ">>>>>>> x\n", "-----BEGIN PRIVATE KEY-----\n",
    "AGE-SECRET-KEY-1", 'resource "kubernetes_secret" "a" {\n', "data = {\n", '{"cells": [',
    "kubectl create secret generic a --from-literal=a=b ", "sealer:allow SH001 x\n", STANZA, TOKEN,
    SEALED, "ENC[", "op: add\n", "path: /data/a\n", "$ANSIBLE_VAULT;1.1;AES256\n",
)  # fmt: skip
