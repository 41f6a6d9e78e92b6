"""SH013: literals of which Terraform makes a Secret are told of; references and variables pass."""

import pytest

from sealer.detect.rules import Severity
from tests.detect.rules.test_sh018_private_key import pem
from tests.detect.table import SEALED, Row, findings, found, name_of, row

_META = '  metadata {\n    name      = "db"\n    namespace = "shop"\n  }\n'


def _secret(data: str, kind: str = "kubernetes_secret") -> str:
    return f'resource "{kind}" "db" {{\n{_META}  data = {{\n    {data}\n  }}\n}}\n'


def _manifest(body: str, version: str = "v1", kind: str = "Secret") -> str:
    return (
        'resource "kubernetes_manifest" "db" {\n  manifest = {\n'
        f'    apiVersion = "{version}"\n    kind = "{kind}"\n    {body}\n  }}\n}}\n'
    )


def _encoded(value: str, kind: str = "Secret", version: str = "v1") -> str:
    return (
        f'locals {{\n  x = yamlencode({{\n    apiVersion = "{version}"\n    kind = "{kind}"\n'
        f'    metadata = {{ name = "db" }}\n    stringData = {{\n      a = {value}\n'
        "    }\n  })\n}\n"
    )


def _heredoc(value: str) -> str:
    return (
        'resource "kubectl_manifest" "x" {\n  yaml_body = <<-YAML\n    kind: Secret\n'
        f"    stringData:\n      a: {value}\n    YAML\n}}\n"
    )


MUST_FIND = [
    row("literal", _secret('a = "hunter2"'), "a"),
    row("quoted key", _secret('"tls.key" = "hunter2"'), "tls.key"),
    row("colon", _secret('a : "hunter2"'), "a"),
    row("number", _secret("a = 1234"), "a"),
    row("two, one a variable", _secret('a = var.a\n    b = "x"'), "b"),
    row("on one line", _secret('a = "x", b = var.b'), "a"),
    row("text around a variable", _secret('a = "x-${var.a}"'), "a"),
    row("encoded", _secret('a = base64encode("hunter2")'), "a"),
    row("default", _secret('a = coalesce(var.a, "hunter2")'), "a"),
    row("default of a condition", _secret('a = var.a == "x" ? var.b : "hunter2"'), "a"),
    row("in JSON", _secret('a = jsonencode({ user = var.u, password = "hunter2" })'), "a"),
    row("merged", _secret("").replace("{\n    \n  }", 'merge({ a = "x" }, var.b)'), "a"),
    row("block for the section", _secret('a = "x"').replace("data =", "data"), "a"),
    row("newer type", _secret('a = "x"', "kubernetes_secret_v1"), "a"),
    row("data of another one", _secret('a = "x"', "kubernetes_secret_v1_data"), "a"),
    row("base64", _secret('a = "eA=="').replace("data =", "binary_data ="), "a"),
    row("manifest", _manifest('data = { a = "eA==" }'), "a"),
    row("manifest, stringData", _manifest('stringData = { "a" = "x" }'), "a"),
    row("manifest in a heredoc", _heredoc("hunter2"), "a"),
    row("JSON", '{"resource": {"kubernetes_secret": {"x": {"data": {"a": "b", "c": "${var.c}"}}}}}',
        "a"),
    row("manifest as JSON", '{"resource": {"kubernetes_manifest": {"x": {"manifest": {'
        '"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA=="}}}}}}', "a"),
    row("behind other resources", 'resource "x" "y" {\n  data = { a = "b" }\n}\n'
        + _secret('a = "x"'), "a"),
    row("two resources", _secret('a = "x"') + _secret('b = "x"'), "a", "b"),
    row("never closed", _secret('a = "x"').rstrip("}\n"), "a"),
    row("comment before it", _secret('# b = "y"\n    a = "x" // c'), "a"),
    row("object to be encoded", _encoded('"hunter2"'), "a"),
    row("object to be encoded, on one line", 'x = jsonencode({ apiVersion = "v1", kind = "Secret", '
        'data = { "a" = "aHVudGVyMg==" } })\n', "a"),
    row("object in a list", 'x = [{ kind = "Secret", stringData = { a = "x", b = var.b } }]', "a"),
    row("object behind a bracket too many", "}\n" + _encoded('"x"'), "a"),
    row("object with a heredoc", _encoded("<<EOT\nx\nEOT"), "a"),
    row("CRLF", _secret('a = "x"').replace("\n", "\r\n"), "a"),
    row("heredoc for a value", _secret("a = <<EOT\nhunter2\nEOT"), "a"),
    row("indented heredoc", _secret('"a.conf" = <<-EOT\n      p = hunter2\n    EOT\n    b = "x"'),
        "a.conf", "b"),
    row("heredoc with quotes and braces", _secret('a = <<-EOT\n  say "{\n  EOT\n    b = "x"'),
        "a", "b"),
    row("heredoc, CRLF", _secret("a = <<EOT\nx\nEOT").replace("\n", "\r\n"), "a"),
    row("heredoc, never closed", _secret("a = <<EOT\nhunter2")[:-6], "a"),
]  # fmt: skip

MUST_PASS = [
    row("variable", _secret("a = var.a")),
    row("variable in quotes", _secret('a = "${var.a}"')),
    row("local value", _secret("a = local.a.b")),
    row("resource", _secret("a = random_password.a.result")),
    row("data source", _secret('a = data.x.y.data["password"]')),
    row("file", _secret('a = file("${path.module}/x.pem")\n    b = filebase64("y")')),
    row("template of a file", _secret('a = templatefile("x.tpl", { password = var.a })')),
    row("joined variables", _secret('a = "${var.a}:${var.b}"\n    b = join(",", var.b)')),
    row("address of variables", _secret('a = "x://${var.u}:${var.p}@${var.h}:5432/${var.d}"')),
    row("formatted variables", _secret('a = format("%s:%s", var.a, var.b)')),
    row("registry", _secret('".dockerconfigjson" = jsonencode({\n      auths = {\n'
        '        "${var.r}" = {\n          "username" = var.u\n          "password" = var.p\n'
        '          "auth" = base64encode("${var.u}:${var.p}")\n        }\n      }\n    })')),
    row("condition", _secret('a = var.a == "x" ? var.b : ""')),
    row("empty", _secret('a = ""')),
    row("null", _secret("a = null")),
    row("placeholder", _secret('a = "ref+vault://db#/password"')),
    row("sealed", _secret(f'a = "{SEALED}"')),
    row("no data", _secret("").replace("  data = {\n    \n  }\n", '  type = "Opaque"\n')),
    row("variable for the section", _secret("").replace("{\n    \n  }", "var.data")),
    row("loop for the section",
        _secret("").replace("{\n    \n  }", "{ for k, v in var.x : k => v }")),
    row("read, not made", _secret('a = "x"').replace("resource", "data")),
    row("ConfigMap", _secret('a = "secret"', "kubernetes_config_map")),
    row("manifest of another kind", _manifest('data = { a = "secret" }', kind="ConfigMap")),
    row("manifest of another group", _manifest('data = { a = "b" }', version="x.io/v1")),
    row("manifest, references", _manifest("data = { a = base64encode(var.a) }")),
    row("manifest in a file", 'resource "kubernetes_manifest" "x" {\n'
        '  manifest = yamldecode(file("secret.yaml")) # data\n}\n'),
    row("heredoc, reference", _heredoc("${var.a}")),
    row("heredoc, encoded reference", _heredoc("${base64encode(var.a)}")),
    row("heredoc for a value, references", _secret("a = <<-EOT\n      user: ${var.u}\n"
        "      password = ${var.p}\n    EOT\n    b = var.b")),
    row("heredoc for a value, empty", _secret("a = <<EOT\nEOT")),
    row("heredoc for something else",
        'resource "kubernetes_config_map" "a" {\n  data = {\n    a = <<EOT\nsecret\nEOT\n  }\n}\n'),
    row("object, reference", _encoded("var.a") + _encoded('"${var.a}:${var.b}"')),
    row("object of another kind", _encoded('"Secret"', "ConfigMap")),
    row("object of another group", _encoded('"x"', version="x.io/v1")),
    row("objects beside each other",
        'x = [{ kind = "Secret" }, { kind = "ConfigMap", data = { a = "b" } }]\n'),
    row("value that is compared", 'x = var.kind == "Secret" ? { data = { a = "b" } } : null\n'),
    row("comment", _secret('# a = "b"\n    // c = "d"\n    /* e = "f" */')),
    row("name of a Secret elsewhere", 'x = { name = kubernetes_secret.db.metadata[0].name }\n'
        'data = { a = "b" }\n'),
    row("state move", "moved {\n  from = kubernetes_secret.a\n  to = kubernetes_secret.data\n}\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_terraform_literal_is_found(case: Row) -> None:
    """The literal stands in git, and in the state as well."""
    assert found(case.data, "main.tf") == [("SH013", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_terraform_passes(case: Row) -> None:
    """Variables, files, other resources and what is built of them hold no value."""
    assert found(case.data, "main.tf") == []


@pytest.mark.parametrize("path", ["a.yaml", "main.tf"])
@pytest.mark.parametrize("end", ["{\n\n---\n", "{}\n", "{\n"])
def test_terraform_hides_no_manifest_behind_it(end: str, path: str) -> None:
    """A block that is never closed says nothing about what follows it."""
    text = f'# resource "kubernetes_secret" "a" {end}kind: Secret\nstringData:\n  a: b\n# }}\n'
    assert found(text.encode(), path) == [("SH001", "a")]


def test_terraform_finding_says_where_and_whose_and_only_warns() -> None:
    """Terraform is only warned about, at the place of the literal."""
    (finding,) = findings(_secret('a = "hunter2"').encode(), "main.tf")
    assert (finding.line, finding.column, finding.length) == (7, 9, 7)
    assert (finding.namespace, finding.name, finding.key) == ("shop", "db", "a")
    assert finding.severity is Severity.WARN


def test_key_in_a_heredoc_of_terraform_is_a_key() -> None:
    """That Terraform only warns is about Secrets; a private key is one wherever it stands."""
    text = f"locals {{\n  a = <<EOT\n{pem()}EOT\n}}\n"
    assert found(text.encode(), "main.tf") == [("SH018", "")]
