"""Sealing in the manner of the original, without what it gets wrong silently."""

import base64
import re
import stat
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.conftest import SECRET
from tests.cli.kubeseal.calls import CERT, kubeseal, manifests, opened, secret
from tests.support import vectors
from tests.support.program import snapshot

NOTHING = "error: no secrets found. Ensure the input is valid and UTF-8 encoded\n"


def test_stream_of_yaml_becomes_a_stream_of_yaml() -> None:
    """One object for each; every document begins with `---`, the last one does not end with it."""
    done = kubeseal(*CERT, "-o", "yaml", stdin=secret("a") + "---\n# none\n---\n" + secret("b"))
    text = done.out.decode()
    assert [each["metadata"]["name"] for each in opened(done.out)] == ["a", "b"]
    assert re.findall("^---$", text, re.MULTILINE) == ["---", "---"]
    assert text.startswith("---\n")
    assert not text.endswith("---\n")


def test_stream_of_json_becomes_a_stream_of_json() -> None:
    """One behind the other, each with one line end."""
    one = '{"kind": "Secret", "metadata": {"name": "%s", "namespace": "n"}, "data": {"k": ""}}'
    done = kubeseal(*CERT, stdin=one % "a" + one % "b")
    assert [each["metadata"]["name"] for each in manifests(done.out)] == ["a", "b"]
    assert done.out.count(b'{\n  "kind": "SealedSecret",\n  "apiVersion": "bitnami.com/') == 2
    assert done.out.endswith(b"\n}\n")
    assert b"\n\n" not in done.out


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("a: [1\n", "did not find expected"),
        ("name: {{ .Values.x }}\n", "placeholder"),
        ("just text\n", "the document is no Kubernetes object"),
        ("kind: ConfigMap\napiVersion: v1\n", "a ConfigMap is no Secret"),
        ("kind: Secret\napiVersion: example.com/v1\n", "a Secret of example.com/v1 is no Secret"),
        ('{"kind": "Secret"} trailing\n', ""),
        ("kind: Secret\nkind: Secret\n", "stands twice"),
        ("data: {k: a}\nData: {k: b}\nkind: Secret\n", "the field data stands there twice"),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_document_that_cannot_be_sealed_is_an_error_that_names_it(
    bad: str, said: str, *, is_first: bool
) -> None:
    """And nothing of the others is written."""
    documents = (bad, secret()) if is_first else (secret(), bad)
    done = kubeseal(*CERT, stdin="---\n".join(documents))
    assert (done.code, done.out) == (1, b"")
    assert said in done.err
    assert re.search(r"note: this is about -:\d+:\d+", done.err)
    assert is_first or ", document 2" in done.err


def test_every_fault_of_a_stream_is_reported() -> None:
    """Not only the first."""
    done = kubeseal(*CERT, stdin="---\n".join((secret(""), secret(), secret("x", "N_S"))))
    assert done.err.count("error: ") == 2


@pytest.mark.parametrize("text", [b"", b"# none\n", b"{}", b"---\n---\n", b"a: [", b"\xff\xfea\0"])
def test_input_without_a_secret_is_an_error(text: bytes) -> None:
    """In the original's words, whatever else is said."""
    done = kubeseal(*CERT, stdin=text)
    assert (done.code, done.out) == (1, b"")
    assert done.err.startswith(NOTHING)


@pytest.mark.parametrize(
    ("arguments", "given", "expected"),
    [
        ((), "shop", "shop"),
        (("-n", "shop"), "shop", "shop"),
        (("-n", "other"), "", "other"),
        (("--scope", "cluster-wide"), "shop", "shop"),
        (("--scope", "cluster-wide"), "", None),
        (("--scope", "cluster-wide", "-n", "other"), "shop", "shop"),
        (("--scope", "cluster-wide", "-n", "other"), "", None),
    ],
)
@pytest.mark.usefixtures("home")
def test_namespace_is_kept_filled_in_or_left_out(
    arguments: tuple[str, ...], given: str, expected: str | None
) -> None:
    """Cluster-wide, none is made up and none is refused."""
    done = kubeseal(*CERT, *arguments, stdin=secret(namespace=given))
    assert done.code == 0, done.err
    assert manifests(done.out)[0]["metadata"].get("namespace") == expected
    assert opened(done.out)[0]["metadata"].get("namespace") == expected


@pytest.mark.parametrize("variable", [False, True])
@pytest.mark.usefixtures("home")
def test_namespace_that_contradicts_the_secret_is_refused(
    monkeypatch: pytest.MonkeyPatch, *, variable: bool
) -> None:
    """On the command line as in the environment."""
    if variable:
        monkeypatch.setenv("SEALED_SECRETS_NAMESPACE", "other")
    done = kubeseal(*CERT, *(() if variable else ("-n", "other")), stdin=secret())
    assert (done.code, done.out) == (1, b"")
    assert done.err.startswith(
        'error: namespace mismatch: input secret is in namespace "shop" but "other" was specified\n'
    )


@pytest.mark.parametrize("scope", ["namespace-wide", "cluster-wide"])
@pytest.mark.parametrize("by_flag", [True, False])
def test_wide_scope_is_marked_on_object_and_template(scope: str, *, by_flag: bool) -> None:
    """Asked for by a flag or by the Secret."""
    mark = f"sealedsecrets.bitnami.com/{scope}"
    more = "" if by_flag else f'annotations: {{{mark}: "true"}}'
    flags = ("--scope", scope) if by_flag else ()
    done = kubeseal(*CERT, *flags, stdin=secret(more=more))
    (manifest,) = manifests(done.out)
    assert manifest["metadata"]["annotations"] == {mark: "true"}
    assert manifest["spec"]["template"]["metadata"]["annotations"] == {mark: "true"}
    assert opened(done.out)


@pytest.mark.parametrize("key", ["rsa2048", "rsa3072", "peer-a"])
def test_sealed_value_is_longer_than_a_hundred_characters(key: str) -> None:
    """Even of an empty value."""
    cert = ("--cert", str(vectors.KEYS / f"{key}.crt.pem"))
    done = kubeseal(*cert, stdin=secret().replace("hunter2", "''"))
    (value,) = manifests(done.out)[0]["spec"]["encryptedData"].values()
    assert len(value) >= 100


@pytest.mark.parametrize("name", ["out.yaml", "out.yml", "out.json", "out"])
def test_output_file_gets_everything_and_standard_output_nothing(folder: Path, name: str) -> None:
    """The ending asks for YAML, whatever `-o` says; a new file is for its owner only."""
    done = kubeseal(*CERT, "-f", "secret.yaml", "-w", name, "-o", "json")
    assert (done.code, done.out, done.err) == (0, b"", "")
    text = (folder / name).read_text()
    assert ("kind: SealedSecret" in text) is (name in ("out.yaml", "out.yml"))
    assert opened(text.encode())
    assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_output_file_that_exists_keeps_its_mode(folder: Path) -> None:
    """It is replaced at once."""
    target = folder / "out.yaml"
    target.write_text("old")
    target.chmod(0o640)
    assert kubeseal(*CERT, "-f", "secret.yaml", "-w", "out.yaml").code == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert opened(target.read_bytes())


@pytest.mark.parametrize(
    "arguments",
    [("--cert", "missing"), (*CERT, "-n", "other"), ("--cert", str(vectors.KEYS / "ec.crt.pem"))],
)
def test_failure_leaves_the_output_file_as_it_was(folder: Path, arguments: tuple[str, ...]) -> None:
    """And nothing beside it."""
    (folder / "out.yaml").write_text("before")
    before = snapshot(folder)
    done = kubeseal(*arguments, "-f", "secret.yaml", "-w", "out.yaml")
    assert (done.code, done.out) == (1, b"")
    assert snapshot(folder) == before


def test_missing_certificate_is_no_such_file() -> None:
    """In the original's words."""
    done = kubeseal("--cert", "missing.pem", stdin=secret())
    assert (done.code, done.out) == (1, b"")
    assert done.err == "error: open missing.pem: no such file or directory\n"


def test_windows_drive_is_no_scheme() -> None:
    """A scheme has two letters at least."""
    done = kubeseal("--cert", "C:/cert.pem", stdin=secret())
    assert done.err == "error: open C:/cert.pem: no such file or directory\n"


class _Files(BaseHTTPRequestHandler):
    """Serves one certificate."""

    def do_GET(self) -> None:
        found = self.path == "/cert.pem"
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            self.wfile.write((vectors.KEYS / "rsa2048.crt.pem").read_bytes())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
        pass


def test_certificate_is_a_path_a_file_url_or_an_http_url() -> None:
    """Over plain http with a warning; what the server refuses is quoted."""
    path = vectors.KEYS / "rsa2048.crt.pem"
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        results = [
            kubeseal("--cert", source, stdin=secret())
            for source in (str(path), f"file://{path}", f"{url}/cert.pem", f"{url}/none")
        ]
        server.shutdown()
        thread.join()
    assert [done.code for done in results] == [0, 0, 0, 1]
    assert all(opened(done.out) for done in results[:3])
    assert [done.err for done in results[:2]] == ["", ""]
    assert "came over plain http" in results[2].err
    assert results[3].err.startswith(f'error: cannot fetch "{url}/none": 404 ')


def test_certificate_of_a_small_key_is_taken(folder: Path) -> None:
    """The original looks at no size; `sealer seal` does."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "small.key"]
    command += ["-out", "small.pem", "-subj", "/CN=small"]
    subprocess.run(command, check=True, capture_output=True)
    assert (folder / "small.pem").exists()
    assert kubeseal("--cert", "small.pem", stdin=secret()).code == 0


def test_sealing_asks_no_cluster(home: Path) -> None:
    """Without a kubectl, with a kubeconfig of a server that does not exist or that is not there."""
    (home / "kubeconfig").write_text(
        "{kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k}}],"
        " clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]}"
    )
    for config in ("kubeconfig", "/no/such/file"):
        assert kubeseal(*CERT, "--kubeconfig", config, stdin=secret()).code == 0


def test_labels_annotations_type_and_finalizers_go_into_the_template() -> None:
    """What the server sets, owners and copies of values do not."""
    text = SECRET.replace(
        "  namespace: shop\n",
        "  namespace: shop\n  uid: u\n  generateName: g-\n  resourceVersion: '1'\n"
        "  creationTimestamp: null\n  managedFields: [{manager: m}]\n  finalizers: [a/b]\n"
        "  ownerReferences: [{name: o}]\n  labels: {l: '1'}\n  annotations:\n    keep: me\n"
        "    copy: correct-horse-battery\n"
        "    kubectl.kubernetes.io/last-applied-configuration: '{}'\n",
    )
    done = kubeseal(*CERT, stdin=text + "type: kubernetes.io/tls\nimmutable: true\n")
    (manifest,) = manifests(done.out)
    assert manifest["metadata"] == {"name": "db", "namespace": "shop"}
    template = manifest["spec"]["template"]
    assert template == {
        "metadata": {
            "name": "db",
            "namespace": "shop",
            "labels": {"l": "1"},
            "annotations": {"keep": "me"},
            "finalizers": ["a/b"],
        },
        "type": "kubernetes.io/tls",
        "immutable": True,
    }
    assert "annotation copy holds a copy of a value" in done.err
    assert "data[tls.crt]: Required value" in done.err


def test_fields_may_be_in_any_case_as_go_reads_them() -> None:
    """The original takes them so."""
    text = "Kind: Secret\nMetadata: {Name: a, namespace: ns}\nstringdata: {k: v}\n"
    done = kubeseal(*CERT, stdin=text)
    assert (done.code, done.err) == (0, "")
    assert opened(done.out)[0]["data"] == {"k": "dg=="}
    text = text.replace("Kind: Secret", "Kind: ConfigMap")
    assert "a ConfigMap is no Secret" in kubeseal(*CERT, stdin=text).err


@pytest.mark.parametrize("bare", ["5432", "true", "1.5", "-7", "12345678901234567890", "''", "0"])
def test_bare_text_that_stays_what_it_is_counts_as_text(bare: str) -> None:
    """`sealer seal` refuses it."""
    done = kubeseal(*CERT, stdin=secret().replace("hunter2", bare))
    assert done.code == 0, done.err
    expected = base64.b64encode(bare.strip("'").encode()).decode()
    assert opened(done.out)[0]["data"] == {"password": expected}


@pytest.mark.parametrize("bare", ["yes", "on", "True", "017", "1.0", "1_0", "~", "null", ".inf"])
def test_bare_text_that_would_change_is_refused(bare: str) -> None:
    """Without quoting it, because it may be secret."""
    done = kubeseal(*CERT, stdin=secret().replace("hunter2", bare))
    assert (done.code, done.out) == (1, b"")
    assert "stringData.password: the bare text is no string to YAML" in done.err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{password: hunter2}", "[a]", "array into Go struct field Secret.stringData of type map"),
        ("hunter2", "[a]", "array into Go struct field Secret.stringData of type string"),
        ("hunter2", "{a: b}", "object into Go struct field Secret.stringData of type string"),
        (
            "name: db",
            "name: [a]",
            "array into Go struct field ObjectMeta.metadata.name of type str",
        ),
        ("metadata: {", "immutable: 'x'\nmetadata: {", "string into Go struct field Secret.immu"),
        ("metadata: {", "data: {k: 1}\nmetadata: {", "number into Go struct field Secret.data of"),
        ("metadata: {", "data: {k: true}\nmetadata: {", "bool into Go struct field Secret.data of"),
        (
            "name: db",
            "labels: [a]",
            "array into Go struct field ObjectMeta.metadata.labels of type",
        ),
        (
            "name: db",
            "finalizers: a",
            "string into Go struct field ObjectMeta.metadata.finalizers of",
        ),
    ],
)
def test_value_of_a_wrong_type_is_refused_in_the_words_of_the_original(
    old: str, new: str, said: str
) -> None:
    """The field is named, the value is not."""
    done = kubeseal(*CERT, stdin=secret().replace(old, new))
    assert done.code == 1
    prefix = "error: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
    assert done.err.startswith(prefix + said)


def test_item_keys_and_types_are_left_to_the_cluster_with_a_warning() -> None:
    """The original does not look at them."""
    done = kubeseal(*CERT, stdin=secret().replace("password", "pass word"))
    assert done.code == 0
    assert "'pass word' is no item key; the cluster will refuse it" in done.err


def test_unknown_format_is_refused_before_anything_is_read() -> None:
    """In the original's words."""
    done = kubeseal(*CERT, "-o", "xml", stdin=b"")
    assert (done.code, done.err) == (1, "error: unsupported output format: xml\n")


def test_neither_hints_nor_digests_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The output is the original's, and the state folder stays as it is."""
    state = folder / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    first, second = (kubeseal(*CERT, stdin=secret()).out for _ in range(2))
    assert first != second
    assert b"sealer.dev" not in first
    assert not state.exists()


@pytest.mark.usefixtures("folder")
def test_sealing_imports_what_sealing_needs() -> None:
    """Neither git nor the network: it starts as fast as `sealer seal`."""
    code = (
        "import sys; sys.argv = ['kubeseal', '--cert', 'rsa2048.crt.pem', '-f', 'secret.yaml']\n"
        "from sealer.cli.main import main\n"
        "assert main() == 0\n"
        "print(*sorted({'git', 'http.client', 'urllib.request', 'subprocess', 'csv'} "
        "& set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stderr.split() == []
