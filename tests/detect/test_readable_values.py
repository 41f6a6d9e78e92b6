"""SH001: every readable value of a Secret in YAML or JSON is found, whatever it looks like."""

import base64

import pytest

from sealer.detect import scan
from sealer.detect.rules import Severity
from tests.detect.table import SEALED, STANZA, TOKEN, Row, findings, found, name_of, row

_HEAD = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: shop\n"
_PLAIN = f"{_HEAD}data:\n  password: aHVudGVyMg==\n"
_CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  a: b\n"
_JSON = '{"apiVersion":"v1","kind":"Secret","data":{"password":"aHVudGVyMg=="}}'
_ESCAPED = "".join(f"\\u{ord(letter):04X}" for letter in "Secret")

MUST_FIND = [
    row("data", _PLAIN, "password"),
    row("stringData", f"{_HEAD}stringData:\n  a: x\n  b: y\n", "a", "b"),
    row("data and stringData", f"{_PLAIN}stringData:\n  user: admin\n", "password", "user"),
    row("data that is no base64", f"{_HEAD}data:\n  password: not base64!\n", "password"),
    row("harmless name", f"{_HEAD}stringData:\n  payload1: x\n", "payload1"),
    row("changeme", f"{_HEAD}stringData:\n  a: changeme\n", "a"),
    row("default in a placeholder", f"{_HEAD}stringData:\n  a: ${{X:-hunter2}}\n", "a"),
    row("dash default in a placeholder", f"{_HEAD}stringData:\n  a: ${{X-hunter2}}\n", "a"),
    row("text around a placeholder", f"{_HEAD}stringData:\n  a: user:${{X}}\n", "a"),
    row("number", f"{_HEAD}stringData:\n  pin: 1234\n", "pin"),
    row("boolean", f"{_HEAD}stringData:\n  flag: yes\n", "flag"),
    row("the word null in quotes", f"{_HEAD}stringData:\n  a: 'null'\n", "a"),
    row("first document", f"{_PLAIN}---\n{_CONFIG_MAP}", "password"),
    row("last document", f"{_CONFIG_MAP}---\n{_PLAIN}", "password"),
    row("behind a broken document", f"a: [\n---\n{_PLAIN}", "password"),
    row("before a broken document", f"{_PLAIN}---\na: {{ b\n", "password"),
    row("behind document ends", f"a: b\n...\n...\n---\n{_PLAIN}", "password"),
    row("behind a directive", f"%YAML 1.1\n---\n{_PLAIN}", "password"),
    row("List", "kind: List\nitems:\n- kind: Secret\n  data: {a: YQ==}\n", "a"),
    row(
        "List in a List",
        "kind: List\nitems:\n- kind: List\n  items:\n  - kind: Secret\n    data: {a: YQ==}\n",
        "a",
    ),
    row("SecretList", "kind: SecretList\nitems:\n- data: {a: YQ==}\n- data: {b: YQ==}\n", "a", "b"),
    row("SecretList item of a lost kind", "kind: SecretList\nitems: [{data: {a: YQ==}}]\n", "a"),
    row(
        "SecretList item by alias",
        "x: &s {data: {a: YQ==}}\ny: {kind: SecretList, items: [*s]}\n",
        "a",
    ),
    row("bare sequence", f"- {_JSON}\n", "password"),
    row("inside another tool's field", f"spec:\n  manifest: {_JSON}\n", "password"),
    row("flow style", "{kind: Secret, stringData: {a: b, c: d}}\n", "a", "c"),
    row("quoted kind and keys", "'kind': \"Secret\"\n\"stringData\":\n  'a': 'b'\n", "a"),
    row("single quotes", "kind: 'Secret'\nstringData: {a: b}\n", "a"),
    row("tagged kind", "kind: !!str Secret\nstringData: {a: b}\n", "a"),
    row("binary kind", "kind: !!binary U2VjcmV0\nstringData: {a: b}\n", "a"),
    row("binary kind by a tag handle", "%TAG !k! tag:yaml.org,2002:\n---\n"
        "kind: !k!binary U2VjcmV0\nstringData: {a: b}\n", "a"),
    row("binary kind by a whole tag", "kind: !<tag:yaml.org,2002:binary> U2VjcmV0\n"
        "stringData: {a: b}\n", "a"),
    row("binary kind by an escaped tag", "kind: !!bin%61ry U2VjcmV0\nstringData: {a: b}\n", "a"),
    row("binary section", "kind: Secret\n!!binary c3RyaW5nRGF0YQ==: {a: b}\n", "a"),
    row("binary value", "kind: Secret\ndata: {a: !!binary YUdWc2JHOD0=}\n", "a"),
    row("escape in hex", 'kind: "\\x53ecret"\nstringData: {a: b}\n', "a"),
    row("escape in unicode", 'kind: "Secre\\u0074"\nstringData: {a: b}\n', "a"),
    row("long escape", 'kind: "Secre\\U00000074"\nstringData: {a: b}\n', "a"),
    row("escape in the section", 'kind: Secret\n"string\\x44ata": {a: b}\n', "a"),
    row("escape over two lines", 'kind: "Sec\\\n  ret"\nstringData: {a: b}\n', "a"),
    row("escape in JSON", '{"kind":"\\u0053ecret","data":{"a":"YQ=="}}', "a"),
    row("all letters escaped", _JSON.replace("Secret", _ESCAPED), "password"),
    row("lower-case kind", "kind: secret\nstringData: {a: b}\n", "a"),
    row("upper-case kind", "kind: SECRET\nstringData: {a: b}\n", "a"),
    row("misspelt section", "kind: Secret\nstringdata: {a: b}\n", "a"),
    row("kind as a block", "kind: |\n  Secret\nstringData: {a: b}\n", "a"),
    row("kind by alias", "x: &k Secret\nkind: *k\nstringData: {a: b}\n", "a"),
    row("value by alias", "x: &v b\nkind: Secret\nstringData: {a: *v}\n", "a"),
    row("section by alias", "x: &d {a: b}\nkind: Secret\nstringData: *d\n", "a"),
    row("merged section", "x: &d {stringData: {a: b}}\n<<: *d\nkind: Secret\n", "a"),
    row("merged kind", "x: &d {kind: Secret}\n<<: *d\nstringData: {a: b}\n", "a"),
    row("merged list", "x: [&d {kind: Secret}]\n<<: [*d]\nstringData: {a: b}\n", "a"),
    row("merged and overridden", "x: &d {a: b}\nkind: Secret\nstringData: {<<: *d, a: ''}\n", "a"),
    row("explicit keys", "? kind\n: Secret\n? stringData\n: ? a\n  : b\n", "a"),
    row("block scalar", "kind: Secret\nstringData:\n  a: |\n    one\n    two\n", "a"),
    row("folded scalar", "kind: Secret\nstringData:\n  a: >-\n    one\n    two\n", "a"),
    row("duplicate kind, first", "kind: Secret\nkind: ConfigMap\nstringData: {a: b}\n", "a"),
    row("duplicate kind, last", "kind: ConfigMap\nkind: Secret\nstringData: {a: b}\n", "a"),
    row("duplicate section", "kind: Secret\nstringData: {a: b}\nstringData: {}\n", "a"),
    row("duplicate item", "kind: Secret\nstringData: {a: b, a: ''}\n", "a"),
    row("duplicate in JSON", '{"kind":"Secret","data":{"a":"YQ==","a":""}}', "a"),
    row("mapping for a value", "kind: Secret\nstringData: {a: {b: c}}\n", "a"),
    row("list for a value", "kind: Secret\nstringData: {a: [b]}\n", "a"),
    row("scalar for a section", "kind: Secret\nstringData: b\n", ""),
    row("list for a section", "kind: Secret\nstringData: [{a: b}]\n", ""),
    row("patch without apiVersion", "kind: Secret\nmetadata: {name: x}\ndata: {a: YQ==}\n", "a"),
    row("sealed kind and nothing else", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\n"
        "stringData: {a: b}\n", "a"),
    row("private key", f"{_HEAD}stringData:\n  tls.key: |\n"
        "    -----BEGIN PRIVATE KEY-----\n    MIIE\n    -----END PRIVATE KEY-----\n", "tls.key"),
    row("JSON, minified", _JSON, "password"),
    row("JSON, indented", _JSON.replace(",", ",\n  ").replace("{", "{\n"), "password"),
    row("JSON, indented with tabs", _JSON.replace(",", ",\n\t").replace("{", "{\n\t"), "password"),
    row("JSON, concatenated", '{"a":1}' + _JSON + _JSON.replace("password", "b"), "password", "b"),
    row("JSON in an array", f"[{_JSON}]", "password"),
    row("JSON behind a marker", f"---\n{_JSON}\n", "password"),
    row("CRLF", _PLAIN.replace("\n", "\r\n"), "password"),
    row("CR", _PLAIN.replace("\n", "\r"), "password"),
    row("BOM", b"\xef\xbb\xbf" + _PLAIN.encode(), "password"),
    row("UTF-16 with BOM", _PLAIN.encode("utf-16"), "password"),
    row("UTF-16 little-endian", _PLAIN.encode("utf-16-le"), "password"),
    row("UTF-16 big-endian", _PLAIN.encode("utf-16-be"), "password"),
    row("UTF-32 with BOM", _PLAIN.encode("utf-32"), "password"),
    row("UTF-32 little-endian", _PLAIN.encode("utf-32-le"), "password"),
    row("UTF-32 big-endian", _PLAIN.encode("utf-32-be"), "password"),
    row("UTF-16 behind another letter", f"# é\n{_PLAIN}".encode("utf-16-le"), "password"),
    row("UTF-16 begins with another letter", f"é: 1\n{_PLAIN}".encode("utf-16-le"), "password"),
    row("UTF-16, cut in a letter", (_PLAIN + "#").encode("utf-16")[:-1], "password"),
    row("Latin-1 in a comment", b"# caf\xe9\n" + _PLAIN.encode(), "password"),
    row("a broken BOM", b"\xff\xfe" + b"kind: Secret\nstringData: {a: b}\n", "a"),
    row("SOPS token without a stanza", f"{_HEAD}stringData:\n  a: {TOKEN}\n", "a"),
    row("SOPS stanza in another document", f"{_HEAD}stringData:\n  a: {TOKEN}\n---\n{STANZA}", "a"),
    row("SOPS, partly encrypted", f"{_HEAD}stringData:\n  a: {TOKEN}\n  b: clear\n{STANZA}", "b"),
    row("SOPS stanza in a comment", f"{_HEAD}stringData:\n  a: {TOKEN}\n# sops: {{mac: x}}\n", "a"),
    row("SOPS, empty stanza", f"{_HEAD}stringData:\n  a: {TOKEN}\nsops: {{}}\n", "a"),
    row("SOPS, nobody can open it", f"{_HEAD}stringData:\n  a: {TOKEN}\n"
        f"sops:\n  age: []\n  mac: {TOKEN}\n", "a"),
    row("SOPS, key not covered", f"{_HEAD}stringData:\n  a: {TOKEN}\n"
        + STANZA.replace("^(data|stringData)$", "^other$"), "a"),
    row("SOPS, something like a token", f"{_HEAD}stringData:\n  a: ENC[hunter2]\n{STANZA}", "a"),
    row("base64 that is too short to be sealed", f"{_HEAD}data:\n  a: AgA=\n", "a"),
]  # fmt: skip

MUST_PASS = [
    row("empty file", ""),
    row("blank file", " \n\t\n"),
    row("words", "This text is about secret data and a kind of Secret.\n"),
    row("no data", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n# data: none\n"),
    row("empty data", f"{_HEAD}data: {{}}\n"),
    row("null data", f"{_HEAD}data: null\nstringData:\n"),
    row("empty values", f"{_HEAD}data:\n  a: ''\n  b: \"\"\n  c:\n  d: ~\n  e: null\n"),
    row("blank value", f"{_HEAD}stringData:\n  a: '  '\n"),
    row("empty value in JSON", '{"kind":"Secret","data":{"a":"","b":null}}'),
    row("service account token", "kind: Secret\ntype: kubernetes.io/service-account-token\n"
        "metadata:\n  annotations: {kubernetes.io/service-account.name: data}\n"),
    row("another group", "apiVersion: example.com/v1\nkind: Secret\ndata: {a: YQ==}\n"),
    row("another group in JSON", '{"apiVersion":"x.io/v1","kind":"Secret","data":{"a":"YQ=="}}'),
    row("ConfigMap", _CONFIG_MAP.replace("a: b", "a: a Secret, kind: secret")),
    row("ConfigMap binaryData", "kind: ConfigMap\nbinaryData: {secret: c2VjcmV0}\n"),
    row("environment from a Secret", "kind: Deployment\nspec:\n  env:\n  - name: A\n"
        "    valueFrom: {secretKeyRef: {name: secret, key: data}}\n"),
    row("volume from a Secret", "kind: Pod\nspec:\n  volumes:\n  - name: data\n"
        "    secret: {secretName: x}\n"),
    row("reference to a Secret", "kind: Gateway\nspec:\n  certificateRefs:\n"
        "  - {kind: Secret, name: data}\n"),
    row("RBAC rules", "kind: Role\nrules:\n- apiGroups: ['']\n  resources: [secrets, data]\n"),
    row("CRD", "kind: CustomResourceDefinition\nspec:\n  names: {kind: Secret}\n"
        "  schema: {properties: {kind: {type: string}, data: {type: object}}}\n"),
    row("ExternalSecret", "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nspec:\n"
        "  target: {name: secret}\n  data: [{secretKey: a, remoteRef: {key: secret}}]\n"),
    row("SealedSecret", "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n"
        f"  encryptedData: {{a: {SEALED}}}\n  template: {{type: Opaque}}\n"),
    row("SealedSecretList", "kind: SealedSecretList\nitems:\n- spec:\n"
        f"    encryptedData: {{data: {SEALED}}}\n"),
    row("value that is sealed already", f"{_HEAD}data:\n  a: {SEALED}\n"),
    row("commented manifest", "a: b\n" + "".join(f"# {line}\n" for line in _PLAIN.splitlines())),
    row("shell placeholder", f"{_HEAD}stringData:\n  a: ${{X}}\n  b: ${{data.secret}}\n"),
    row("Kubernetes placeholder", f"{_HEAD}stringData:\n  a: $(SECRET)\n"),
    row("placeholder in base64", f"{_HEAD}data:\n  a: {base64.b64encode(b'${X}').decode()}\n"),
    row("template in quotes", f"{_HEAD}data:\n  a: '{{{{ .Values.a | b64enc }}}}'\n"),
    row("template without quotes", f"{_HEAD}data:\n  a: {{{{ .Values.a }}}}\n"),
    row("template for a section", f"{_HEAD}data: {{{{ toYaml .Values.secret }}}}\n"),
    row("vault plugin", f"{_HEAD}stringData:\n  a: <path:kv/data/secret#password>\n"),
    row("vals", f"{_HEAD}stringData:\n  a: ref+vault://secret/data#/password\n"),
    row("Bank-Vaults", f"{_HEAD}stringData:\n  a: vault:secret/data/db#password\n"),
    row("1Password", f"{_HEAD}stringData:\n  a: op://vault/secret/data\n"),
    row("SOPS", f"{_HEAD}data:\n  a: {TOKEN}\nstringData:\n  b: {TOKEN}\n  c: ''\n{STANZA}"),
    row("SOPS in JSON", f'{{"kind":"Secret","data":{{"a":"{TOKEN}"}},'
        f'"sops":{{"pgp":[{{"fp":"x","enc":"y"}}],"mac":"{TOKEN}"}}}}'),
    row("SOPS around a List", "kind: List\nitems:\n- kind: Secret\n  data:\n"
        f"    a: {TOKEN}\n{STANZA}"),
    row("SOPS, everything encrypted", f"kind: {TOKEN}\ndata: {{a: {TOKEN}}}\n# Secret\n{STANZA}"),
    row("kind under another key", "secret:\n  type: Secret\n  data: {a: b}\n"),
    row("kind that is no text", "kind: [Secret]\ndata: {a: b}\n"),
    row("kind of another word", "kind: SecretStore\ndata: {a: b}\n---\nkind: SecretClass\n"),
    row("docker compose", "services: {a: {secrets: [secret]}}\nsecrets: {secret: {file: data}}\n"),
    row("a program", 'if kind == "Secret":\n    print(data["secret"])\n'),
    row("a table", "name,kind\ndata,Secret\nsecret,data\n"),
    row("an archive's bytes", bytes(range(256)) * 4 + b"Secret data"),
    row("an image's bytes", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR Secret data\0\xff\xfe"),
    row("JSON of other things", '{"kind":"secret-type","data":{"a":"b"}}'),
    row("unrelated escapes", '{"a":"\\u0041\\x", "b":"secret data"}'),
    row("a lock file", '{"packages":{"secret":{"version":"1","data":"sha512-YQ=="}}}'),
    row("Ansible reference", "- k8s:\n    definition:\n      kind: Secret\n      stringData:\n"
        "        a: '{{ vault_password }}'\n"),
    row("kustomize with files", "kind: Kustomization\nsecretGenerator:\n- name: data\n"
        "  files: [secret.enc]\n"),
    row("Flux HelmRelease", "kind: HelmRelease\nspec:\n"
        "  valuesFrom: [{kind: Secret, name: data}]\n"),
    row("RoleBinding for a group", "kind: RoleBinding\nsubjects: [{name: secret-data}]\n"),
    row("empty documents", "---\n---\n# Secret data\n---\n"),
    row("null document", "null\n---\n~\n---\nSecret data\n"),
    row("only a scalar", "Secret\n--- data\n"),
    row("numbers for keys", "1: Secret\n2: data\nsecret: 3\n"),
    row("a policy on Secrets", "kind: ClusterPolicy\nspec:\n  rules:\n"
        "  - match: {kinds: [Secret]}\n"
        "    validate: {pattern: {kind: Secret, metadata: {labels: {data: '?*'}}}}\n"),
    row("kind in an annotation", "kind: Deployment\nmetadata:\n  annotations: {kind: Secret}\n"
        "data: {a: b}\n"),
    row("owner reference", "kind: Pod\nmetadata:\n  ownerReferences:\n"
        "  - {apiVersion: v1, kind: Secret, name: data, uid: x}\n"),
    row("vault of Ansible", "$ANSIBLE_VAULT;1.1;AES256\n6133656362383264 secret data\n"),
    row("CSI class", "kind: SecretProviderClass\nspec:\n  secretObjects:\n"
        "  - {secretName: x, type: Opaque, data: [{key: a, objectName: secret}]}\n"),
    row("Crossplane connection", "kind: Bucket\nspec:\n"
        "  writeConnectionSecretToRef: {name: secret, namespace: data}\n"),
    row("Prometheus rule", "kind: PrometheusRule\nspec: {groups: [{name: secret data}]}\n"),
    row("audit policy", "kind: Policy\nrules:\n- level: Metadata\n  resources:\n"
        "  - {group: '', resources: [secret, data]}\n"),
    row("workflow secret", "on: push\njobs: {a: {env: {DATA: '${{ secrets.SECRET }}'}}}\n"),
    row("workflow secret in a manifest", f"{_HEAD}stringData:\n  a: ${{{{ secrets.SECRET }}}}\n"),
    row("UTF-16 of other things", "kind: Pod # secret data\n".encode("utf-16")),
    row("invalid UTF-8 of other things", b"\xff\xfe\xfd kind Secret data \x80"),
    row("a shell script", "#!/bin/sh\nkubectl get secret -o jsonpath='{.data}'\n"),
    row("Markdown", "# Secret\n\nThe `kind: Secret` object has `data:`.\n\n* Use kind: Secret.\n"),
    row("an aliased Secret without data", "a: &s {kind: Secret}\nb: *s\nc: {data: {x: y}}\n"),
    row("nested ConfigMap and reference", "kind: List\nitems:\n- kind: ConfigMap\n  data: {a: b}\n"
        "- kind: Secret\n  metadata: {name: x}\n"),
    row("include in a template", f'{_HEAD}data:\n  a: {{{{ include "x.secret" . }}}}\n'),
    row("required in a template", f"{_HEAD}data:\n"
        "  a: '{{ required \"a password, please\" .Values.a | b64enc }}'\n"),
    row("Template of OpenShift", "kind: Template\nobjects:\n- kind: Secret\n"
        "  stringData: {a: '${PASSWORD}'}\nparameters: [{name: PASSWORD}]\n"),
    row("Argo CD application", "kind: Application\nspec: {source: {values: 'secret: data'}}\n"),
    row("cert-manager", "kind: Certificate\nspec: {secretName: data, privateKey: {size: 4096}}\n"),
    row("a Secret's name only", "kind: ServiceAccount\nsecrets: [{name: data}]\n# Secret\n"),
    row("delete patch", "$patch: delete\nkind: Secret\nmetadata: {name: data}\n"),
    row("JSON 6902 patch elsewhere", "- {op: add, path: /metadata/labels/secret, value: data}\n"),
    row("null kind", "kind:\ndata: {a: secret}\nsecret: ~\n"),
    row("sops settings", "creation_rules:\n- encrypted_regex: ^data$\n  path_regex: secret\n"),
    row("one more stanza", f"kind: Secret\n{STANZA}"),
    row("stringData of another group", "apiVersion: x.io/v1\nkind: Secret\nstringData: {a: b}"),
    row("values of a chart", "secret:\n  kind: Secret\n  enabled: true\ndata:\n  password: x\n"),
    row("the word in another language", "kind: Sécret\ndata: {a: secret}\n"),
    row("tags of one's own", "kind: !Ref Secret2\ndata: !Sub {a: secret}\n"),
    row("CloudFormation", "Resources: {S: {Type: 'AWS::SecretsManager::Secret'}}\n# data\n"),
    row("long escape of something else", 'kind: "\\U00000041"\ndata: {a: "\\x41 secret"}\n'),
    row("protobuf", 'syntax = "proto3";\nmessage Secret { bytes data = 1; }\n'),
    row("Go", 'package main\n\nvar kind = "Secret" // data\n'),
    row("SQL", "INSERT INTO secret (data) VALUES ('x');\n"),
    row("TOML", '[secret]\nkind = "Secret"\ndata = "x"\n'),
    row("INI", "[data]\nkind=Secret\n"),
    row("XML", "<secret kind='Secret'><data>x</data></secret>\n"),
    row("HTML", "<!doctype html><p>kind: Secret <!-- data --></p>\n"),
    row("Dockerfile", "FROM x\nRUN --mount=type=secret,id=data cat /run/secrets/data\n"),
    row("regular expression", "pattern: 'kind: Secret.*data:'\n"),
    row("multi-line text about it", "text: |\n  A Secret has data.\n"),
    row("env file", "SECRET=data\nKIND=Secret\n"),
    row("diff", "-kind: Secret\n+kind: ConfigMap\n data:\n"),
    row("log line", "2026-01-01 Secret shop/db created, data keys: 2\n"),
    row("binary kind of something else", "kind: !!binary Q29uZmlnTWFw\ndata: {a: secret}\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_readable_value_is_found(case: Row) -> None:
    """Every readable value is a finding of its own, under its key."""
    assert found(case.data) == [("SH001", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_file_passes(case: Row) -> None:
    """Nobody is bothered without reason."""
    assert found(case.data) == []


def test_tables_are_balanced() -> None:
    """A detector that finds everything is worth as little as one that finds nothing."""
    assert len(MUST_PASS) >= len(MUST_FIND)
    names = [each.name for each in (*MUST_FIND, *MUST_PASS)]
    assert len(names) == len(set(names))


def test_finding_says_where_and_whose_and_how_long() -> None:
    """A person finds the value without being shown it."""
    text = f"{_CONFIG_MAP}---\n{_HEAD}stringData:\n  user: admin\n  password: 'hünter2'\n"
    _, finding = findings(text.encode(), "apps/db.yaml")
    assert finding == (
        "apps/db.yaml", 15, 13, 2, "shop", "db", "password", "SH001", Severity.BLOCK, 8
    )  # fmt: skip


def test_finding_length_is_that_of_the_decoded_value() -> None:
    """Base64 under `data` counts as Kubernetes counts it."""
    (finding,) = findings(_PLAIN.encode())
    assert finding.length == len("hunter2")


@pytest.mark.parametrize("path", ["a.yaml", "b.json", "c.tmpl", "d.bak", "Makefile", "x", "é.txt"])
def test_scan_any_file_name_is_examined(path: str) -> None:
    """A name says nothing about what is inside."""
    assert [finding.key for finding in findings(_PLAIN.encode(), path)] == ["password"]


@pytest.mark.parametrize("path", ["README.md", "docs/a.MARKDOWN"])
def test_scan_documentation_is_only_warned_about(path: str) -> None:
    """Documentation shows what a Secret looks like."""
    (finding,) = scan(path, f"# Title\n\n```yaml\n{_PLAIN}```\n".encode()).findings
    assert finding.severity is Severity.WARN


def test_shared_value_is_reported_once() -> None:
    """A value that many objects share by alias stands in the file once."""
    text = "x: &d {a: b}\nl:\n" + "- {kind: Secret, stringData: *d}\n" * 5
    assert found(text.encode()) == [("SH001", "a")]


def test_findings_stand_in_the_order_of_the_file() -> None:
    """Whoever mends them goes through the file once."""
    copy = '{"kind":"Secret","data":{"a":"YQ=="}}'
    text = f"kind: Secret\nmetadata: {{annotations: {{x: '{copy}'}}}}\ndata: {{b: YQ==}}\n"
    assert found(text.encode()) == [("SH002", "x"), ("SH001", "b")]


@pytest.mark.parametrize("name", ["two\\nlines", "\\e[2Jx", "x" * 300, "UPPER"])
def test_finding_name_that_is_none_is_not_quoted(name: str) -> None:
    """A message quotes nothing that could be a value or move the cursor."""
    text = f'kind: Secret\nmetadata: {{name: "{name}"}}\nstringData: {{"k\\ney": b}}\n'
    (finding,) = findings(text.encode())
    assert (finding.name, finding.key) == ("?", "?")
