"""`--merge-into`: items of Secrets go into a SealedSecret in a file, which stays as it is."""

import base64
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sealer.documents import Stream
from sealer.sealing.amend import Amendment, amend
from tests.cli.kubeseal.calls import CERT, kubeseal, manifests, opened, secret
from tests.support import vectors
from tests.support.program import snapshot

TARGET = """\
# the first
kind: ConfigMap
apiVersion: v1
---
{sealed}# the last
---
kind: ConfigMap  # mine
apiVersion: v1
"""
MORE = "labels: {l: new, m: added}, annotations: {a: new}"


def _sealed(text: str, *arguments: str) -> str:
    return kubeseal(*CERT, "-o", "yaml", *arguments, stdin=text).out.decode()


@pytest.fixture
def target(folder: Path) -> Path:
    """Return a file with a SealedSecret among other documents and comments."""
    more = "labels: {l: old, kept: x}, annotations: {a: old}"
    sealed = _sealed(secret(more=more)).replace("  encryptedData:", "  encryptedData:  # items")
    target = folder / "target.yaml"
    target.write_text(TARGET.format(sealed=sealed))
    target.chmod(0o640)
    return target


def _data(file: Path) -> dict[str, str]:
    (one,) = opened(file.read_bytes())
    return {key: base64.b64decode(text).decode() for key, text in one["data"].items()}


def _template(file: Path) -> dict[str, Any]:
    found = [each for each in manifests(file.read_bytes()) if each["kind"] == "SealedSecret"]
    template: dict[str, Any] = found[0]["spec"]["template"]
    return template


def _other(item: str = "user", **arguments: str) -> str:
    return secret(**arguments).replace("password", item)


def test_merge_adds_an_item_and_keeps_the_rest(target: Path) -> None:
    """Labels and annotations of the template are merged; nothing is printed."""
    before = target.read_text()
    done = kubeseal(*CERT, "--merge-into", "target.yaml", stdin=_other(more=MORE))
    assert (done.code, done.out, done.err) == (0, b"", "")
    assert _data(target) == {"password": "hunter2", "user": "hunter2"}
    metadata = _template(target)["metadata"]
    assert metadata["labels"] == {"l": "new", "kept": "x", "m": "added"}
    assert metadata["annotations"] == {"a": "new"}
    lines = target.read_text().splitlines()
    gone = [line for line in before.splitlines() if line not in lines]
    assert [line.split(":")[0].strip() for line in gone] == ["a", "l"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_merge_replaces_an_item_a_label_and_an_annotation(target: Path) -> None:
    """Of the others not a byte changes."""
    text = secret(more=MORE).replace("hunter2", "other")
    assert kubeseal(*CERT, "--merge-into", "target.yaml", stdin=text).code == 0
    assert _data(target) == {"password": "other"}
    assert _template(target)["metadata"]["labels"]["l"] == "new"
    assert _template(target)["metadata"]["annotations"] == {"a": "new"}


def test_merge_makes_the_maps_that_are_missing(folder: Path) -> None:
    """Where the original crashes."""
    target = folder / "bare.yaml"
    target.write_text(_sealed("kind: Secret\nmetadata: {name: db, namespace: shop}\n",
                              "--allow-empty-data"))  # fmt: skip
    assert kubeseal(*CERT, "--merge-into", "bare.yaml", stdin=_other(more=MORE)).code == 0
    assert _data(target) == {"user": "hunter2"}
    assert _template(target)["metadata"]["labels"] == {"l": "new", "m": "added"}


@pytest.mark.parametrize("scope", ["strict", "namespace-wide", "cluster-wide"])
@pytest.mark.parametrize("is_said", [True, False])
def test_merge_seals_for_the_file_whatever_the_secret_is_called(
    folder: Path, scope: str, *, is_said: bool
) -> None:
    """Its name, its namespace and its scope, which `--scope` may say but need not."""
    target = folder / "wide.yaml"
    target.write_text(_sealed(secret(), "--scope", scope))
    flags = ("--scope", scope) if is_said else ()
    text = _other(name="x", namespace="elsewhere")
    done = kubeseal(*CERT, *flags, "--merge-into", "wide.yaml", stdin=text)
    assert done.code == 0, done.err
    assert _data(target) == {"password": "hunter2", "user": "hunter2"}


@pytest.mark.parametrize("text", ["kind: Secret\ndata: {user: aHVudGVyMg==}\n", _other(name="q")])
def test_merge_needs_no_name_and_no_namespace_in_the_secret(target: Path, text: str) -> None:
    """They are the file's; `--name` is left out."""
    done = kubeseal(*CERT, "--name", "z", "--merge-into", "target.yaml", stdin=text)
    assert done.code == 0, done.err
    assert _data(target)["user"] == "hunter2"


def test_merge_of_several_secrets_takes_all_of_them(target: Path) -> None:
    """None is dropped."""
    text = _other("one") + "---\n" + _other("two")
    assert kubeseal(*CERT, "--merge-into", "target.yaml", stdin=text).code == 0
    assert _data(target).keys() == {"password", "one", "two"}


def test_merge_leaves_out_a_scope_annotation_that_contradicts(target: Path) -> None:
    """The scope is the file's, and that is said."""
    more = 'annotations: {sealedsecrets.bitnami.com/cluster-wide: "true"}'
    done = kubeseal(*CERT, "--merge-into", "target.yaml", stdin=_other(more=more))
    assert "warning: the annotation for scope cluster-wide is left out" in done.err
    assert _data(target)["user"] == "hunter2"
    assert _template(target)["metadata"]["annotations"] == {"a": "old"}


@pytest.mark.parametrize(
    ("arguments", "text", "said"),
    [
        (("-n", "q"), _other(), 'namespace mismatch: input secret is in namespace "shop" but "q"'),
        (("--scope", "cluster-wide"), _other(), "--scope cluster-wide contradicts target.yaml"),
        ((), "kind: Secret\n", "secret.data is empty in input Secret"),
        ((), "", "no secrets found"),
        ((), _other() + "---\n" + _other(), "several of the Secrets have an item user"),
        ((), "a: [\n", "no secrets found"),
        (("--cert", "missing"), _other(), "open missing: no such file or directory"),
    ],
)
def test_merge_that_cannot_be_done_leaves_the_file_as_it_is(
    target: Path, arguments: tuple[str, ...], text: str, said: str
) -> None:
    """And nothing beside it."""
    before = snapshot(target.parent)
    done = kubeseal(*CERT, *arguments, "--merge-into", "target.yaml", stdin=text)
    assert (done.code, done.out) == (1, b"")
    assert f"error: {said}" in done.err
    assert snapshot(target.parent) == before


def test_merge_notices_a_file_that_changed_meanwhile(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody else wrote is not lost."""

    def slow(stream: Stream, amendments: Sequence[Amendment]) -> bytes:
        target.write_text("theirs")
        return amend(stream, amendments)

    monkeypatch.setattr("sealer.cli.kubeseal.modes.merge_into.amend", slow)
    done = kubeseal(*CERT, "--merge-into", "target.yaml", stdin=_other())
    assert done.code == 1
    assert "target.yaml was changed meanwhile; nothing was written" in done.err
    assert target.read_text() == "theirs"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "open file.yaml: no such file or directory"),
        ("", "the input is empty"),
        ("kind: ConfigMap\napiVersion: v1\n", "the file holds no SealedSecret"),
        ("kind: SealedSecret\n", "the document has no apiVersion"),
        ("a: [\n", "did not find expected node content"),
    ],
)
def test_merge_into_a_file_that_cannot_be_used(
    folder: Path, content: str | None, said: str
) -> None:
    """It is named."""
    if content is not None:
        (folder / "file.yaml").write_text(content)
    done = kubeseal(*CERT, "--merge-into", "file.yaml", stdin=_other())
    assert done.code == 1
    assert f"error: {said}" in done.err
    assert "file.yaml" in done.err


def test_merge_into_one_of_several_is_told_by_the_name_of_the_secret(folder: Path) -> None:
    """Without one that is called so, the file is refused."""
    target = folder / "two.yaml"
    target.write_text(_sealed(secret("a")) + _sealed(secret("b")))
    assert kubeseal(*CERT, "--merge-into", "two.yaml", stdin=_other(name="b")).code == 0
    assert [sorted(each["data"]) for each in opened(target.read_bytes())] == [
        ["password"],
        ["password", "user"],
    ]
    done = kubeseal(*CERT, "--merge-into", "two.yaml", stdin=_other(name="c"))
    assert "error: the file holds 2 SealedSecrets: shop/a, shop/b" in done.err


def test_merge_keeps_the_format_of_the_file_whatever_is_asked_for(folder: Path) -> None:
    """JSON stays JSON, YAML stays YAML."""
    target = folder / "target.json"
    target.write_bytes(kubeseal(*CERT, stdin=secret(more=MORE)).out)
    arguments = ("-o", "yaml", "--merge-into", "target.json", "-w", "unused.yaml")
    assert kubeseal(*CERT, *arguments, stdin=_other()).code == 0
    assert target.read_bytes().startswith(b'{\n  "kind": "SealedSecret",\n')
    assert _data(target) == {"password": "hunter2", "user": "hunter2"}
    assert not (folder / "unused.yaml").exists()


def test_merge_of_the_recorded_object_means_what_the_original_made_of_it(folder: Path) -> None:
    """Another key sealed what was there before."""
    case = vectors.OBJECTS / "merge-into"
    target = folder / "target.yaml"
    target.write_bytes((case / "sealed-before-merge.yaml").read_bytes())
    added = (case / "input-2.yaml").read_text()
    cert = ("--cert", str(vectors.KEYS / "peer-b.crt.pem"))
    assert kubeseal(*cert, "--merge-into", "target.yaml", stdin=added).code == 0
    ours, theirs = (
        opened(data, vectors.controller_keyring())
        for data in (target.read_bytes(), (case / "sealed.yaml").read_bytes())
    )
    assert ours == theirs
