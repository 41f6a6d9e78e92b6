"""`sealer lint`: what it says, as text and as JSON, and how it ends."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import VALUE
from tests.support.objects import workload
from tests.support.program import run, write_all
from tests.support.sealed import blob, manifest

GOOD = manifest("db", password=blob())
RENAMED = GOOD.replace("      name: db", "      name: db-old")
UNMARKED = GOOD.replace("  namespace: shop\n", "", 1).replace("      namespace: shop\n", "")
POD = "containers: [{name: main, envFrom: [{secretRef: {name: %s}}]}]"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder, made the current one, in which all is well."""
    files = {"m/db.yaml": GOOD, "m/api.yaml": workload("Deployment", POD % "db")}
    write_all(tmp_path, dict(files))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lint_of_good_files_says_nothing(tree: Path) -> None:
    """The answer is yes."""
    assert tree == Path.cwd()
    done = run("lint", "m")
    assert (done.code, done.out, done.err) == (0, b"", "note: 0 errors, 0 warnings\n")


def test_lint_error_is_told_with_its_place(tree: Path) -> None:
    """File, line, column, rule, object, what is wrong and what to do."""
    write_all(tree, {"m/db.yaml": RENAMED})
    done = run("lint", "m")
    assert done.code == 1
    assert done.out.decode().splitlines() == [
        (
            "m/db.yaml:11:13: error SL014 name-mismatch: shop/db: "
            "the template says name db-old, the object db"
        ),
        "    give both the same name, or seal the Secret again",
    ]
    assert done.err == "note: 1 error, 0 warnings\n"


def test_lint_as_json_has_the_documented_shape(tree: Path) -> None:
    """What machines read."""
    write_all(tree, {"m/db.yaml": RENAMED})
    document = json.loads(run("lint", "--json", "m").out)
    assert (document["errors"], document["warnings"]) == (1, 0)
    assert document["findings"] == [
        {
            "rule": "SL014",
            "name": "name-mismatch",
            "severity": "error",
            "message": "the template says name db-old, the object db",
            "hint": "give both the same name, or seal the Secret again",
            "path": "m/db.yaml",
            "line": 11,
            "column": 13,
            "document": 1,
            "namespace": "shop",
            "object": "db",
            "item": "",
        }
    ]


@pytest.mark.parametrize(("option", "code"), [((), 0), (("--strict",), 1)])
def test_lint_warnings_count_under_strict_only(
    tree: Path, option: tuple[str, ...], code: int
) -> None:
    """Whoever wants to know all gets it as an exit code too."""
    write_all(tree, {"w.yaml": UNMARKED})
    done = run("lint", "w.yaml", *option)
    assert done.code == code
    assert b"warning SL012 missing-namespace" in done.out


@pytest.mark.parametrize("name", ["SL014", "name-mismatch"])
def test_lint_ignored_rule_is_left_out(tree: Path, name: str) -> None:
    """By number or name."""
    write_all(tree, {"m/db.yaml": RENAMED})
    assert run("lint", "m", "--ignore", name).code == 0


def test_lint_ignored_rule_that_does_not_exist_is_wrong_usage() -> None:
    """A typing error must not leave a rule on, or off, without a word."""
    done = run("lint", "--ignore", "SL999", stdin=GOOD.encode())
    assert done.code == 2
    assert "there is no rule SL999" in done.err


def test_lint_file_that_does_not_parse_is_unusable_input(tree: Path) -> None:
    """3, and the findings of the other files are told all the same."""
    write_all(tree, {"m/db.yaml": RENAMED, "m/broken.yaml": "kind: SealedSecret\na: [\n"})
    done = run("lint", "m")
    assert done.code == 3
    assert "error: m/broken.yaml:" in done.err
    assert b"SL014" in done.out


def test_lint_document_that_does_not_parse_hides_no_other(tree: Path) -> None:
    """Of one file too."""
    write_all(tree, {"two.yaml": f"a: [\n---\n{RENAMED}"})
    done = run("lint", "two.yaml")
    assert done.code == 3
    assert b"two.yaml:13:13: error SL014" in done.out


def test_lint_leaves_templates_of_other_tools_in_a_folder_alone(tree: Path) -> None:
    """A Helm chart is no manifest; named, it is unusable input."""
    write_all(tree, {"m/chart.yaml": "kind: Deployment\n{{- if .x }}\na: b\n{{ end }}\n"})
    done = run("lint", "m")
    assert done.code == 0
    assert "note: 1 file without a SealedSecret left out: no YAML or JSON" in done.err
    assert run("lint", "m/chart.yaml").code == 3


def test_lint_reference_across_files_is_told(tree: Path) -> None:
    """The place is the workload's, and the Secret is named."""
    write_all(tree, {"m/api.yaml": workload("CronJob", POD % "dbb")})
    done = run("lint", "m")
    assert done.code == 1
    assert b"m/api.yaml:" in done.out
    assert b"there is no Secret shop/dbb; CronJob uses it as envFrom" in done.out


def _policy() -> str:
    return (
        "version: 1\nclusters:\n"
        "  one: {certificate: x.pem, paths: [one/**]}\n"
        "  two: {certificate: x.pem, paths: [two/**]}\n"
    )


def test_lint_clusters_of_the_policy_do_not_meet(tree: Path) -> None:
    """One Secret for each is no repetition, and an item of one is none of the other."""
    files = {f"{name}/db.yaml": GOOD for name in ("one", "two")}
    write_all(tree, dict(files))
    assert b"SL053" in run("lint", "one", "two").out
    other = {"two/db.yaml": GOOD.replace("password", "pin"), ".sealer.yaml": _policy()}
    pod = "containers: [{name: m, env: [{valueFrom: {secretKeyRef: {name: db, key: pin}}}]}]"
    write_all(tree, {**other, "one/api.yaml": workload("Pod", pod)})
    out = run("lint", "one", "two").out
    assert b"SL053" not in out
    assert b"one/api.yaml:7:66: error SL051 no-such-item: shop/api: Secret shop/db has no" in out


def test_lint_standard_input_belongs_to_no_cluster(tree: Path) -> None:
    """It has no path that the policy could know."""
    write_all(tree, {".sealer.yaml": _policy()})
    assert run("lint", "-", stdin=GOOD.encode()).code == 0


def test_lint_never_prints_a_value() -> None:
    """Neither of a Secret that can be read, nor of what stands where a sealed value belongs."""
    readable = f"kind: Secret\napiVersion: v1\nmetadata: {{name: a}}\nstringData: {{p: {VALUE}}}\n"
    unsealed = manifest("b", password=VALUE)
    template = unsealed + f"    data: {{url: {VALUE}}}\n"
    for text in (readable, unsealed, template, f"{readable}---\n{template}"):
        for option in ("--json", "-v"):
            done = run("lint", option, stdin=text.encode())
            assert done.code == 1
            assert VALUE not in done.out.decode() + done.err


READABLE = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: hunter2}\n"
COMMENT = "# sealer:allow SH001 for the tests only"
ALLOW = (
    "version: 1\nhook: {allow: [{path: 'm/x.yaml', document: x, item: a, rule: SH001, "
    "reason: a fixture%s}]}\n"
)


@pytest.mark.parametrize(
    ("readable", "policy", "code", "said"),
    [
        (READABLE, "", 1, "SL040"),
        (READABLE.replace("stringData", f"{COMMENT}\nstringData"), "", 0, ""),
        (READABLE.replace("stringData", f"{COMMENT} until=2020-01-01\nstringData"), "", 1, "SL042"),
        (READABLE, ALLOW % "", 0, ""),
        (READABLE, ALLOW.replace("m/x", "x") % "", 1, "SL040"),
        (READABLE, ALLOW % ", until: 2020-01-01", 1, "SL040"),
        (READABLE, ALLOW % ", until: 2020-01-01", 1, "let it pass ended with 2020-01-01 (SH001)"),
        (READABLE, "version: 1\nhook: {rules: {SH001: warn}}\n", 0, "SL042"),
        (READABLE, "version: 1\nhook: {rules: {SH001: off}}\n", 0, ""),
        (READABLE, "version: 1\nhook: {placeholders: [hunter2]}\n", 0, ""),
    ],
)
def test_lint_lets_pass_what_the_hook_lets_pass(
    tree: Path, readable: str, policy: str, code: int, said: str
) -> None:
    """By comments and by the policy, until their last day."""
    write_all(tree, {"m/x.yaml": readable})
    if policy:
        write_all(tree, {".sealer.yaml": policy})
    done = run("lint", "m")
    assert done.code == code
    assert said in done.out.decode()
    assert done.out or not said
