"""The SBOM: valid, complete, and right about who needs whom."""

import json
from datetime import UTC, datetime
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sealer
from requirements import sbom

ROOT = Path(__file__).parent.parent.parent
MADE = datetime(2027, 1, 1, tzinfo=UTC)
OURS = f"pkg:pypi/sealer@{sealer.__version__}"


@pytest.fixture(scope="module")
def document() -> str:
    """Return the document of this tree, without files."""
    return sbom.render(ROOT, [], MADE)


@pytest.fixture
def bom(document: str) -> dict[str, Any]:
    """Return the document, parsed."""
    parsed: dict[str, Any] = json.loads(document)
    return parsed


def _locked(name: str) -> dict[str, tuple[str, set[str]]]:
    """Return version and hashes of each package of a lock file, read word by word."""
    found: dict[str, tuple[str, set[str]]] = {}
    for line in (ROOT / "requirements" / name).read_text().splitlines():
        word = line.split()[0]
        if "==" in word and not line.startswith(" "):
            package, _, version = word.partition("==")
            found[package] = (version, set())
        elif word.startswith("--hash=sha256:"):
            found[package][1].add(word.removeprefix("--hash=sha256:"))
    return found


def test_document_is_valid_by_the_official_schema(document: str) -> None:
    """The strict one, with nothing in it that CycloneDX does not know."""
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document) is None


def test_document_names_every_locked_package_by_version_and_hashes(bom: dict[str, Any]) -> None:
    """What `pip install --require-hashes` may install is listed, and nothing else."""
    listed = {
        each["name"]: (
            each["version"],
            {
                digest["content"]
                for place in each["externalReferences"]
                for digest in place["hashes"]
            },
        )
        for each in bom["components"]
    }
    assert listed == _locked("controller.txt")


def test_document_tells_packages_of_the_controller_from_those_of_all(bom: dict[str, Any]) -> None:
    """Who installs no extra gets those that are required, and no others."""
    required = {each["name"] for each in bom["components"] if each["scope"] == "required"}
    assert required == _locked("core.txt").keys()


def test_document_gives_each_package_a_purl_and_a_licence(bom: dict[str, Any]) -> None:
    """Scanners of vulnerabilities ask for the one, lawyers for the other."""
    for each in (*bom["components"], bom["metadata"]["component"]):
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
        assert each["licenses"], each["name"]


def test_document_is_about_this_version(bom: dict[str, Any]) -> None:
    """The component that it describes is ours, with the time that was given."""
    described = bom["metadata"]["component"]
    assert (described["purl"], described["type"]) == (OURS, "application")
    assert described["licenses"][0]["license"]["id"] == "Apache-2.0"
    assert datetime.fromisoformat(bom["metadata"]["timestamp"]) == MADE


def test_document_graph_reaches_every_package_from_ours(bom: dict[str, Any]) -> None:
    """No package stands there without a reason, and no reference leads nowhere."""
    graph = {each["ref"]: set(each.get("dependsOn", ())) for each in bom["dependencies"]}
    assert graph.keys() == {OURS} | {each["bom-ref"] for each in bom["components"]}
    reached, coming = {OURS}, [OURS]
    while coming:
        new = graph[coming.pop()] - reached
        reached |= new
        coming.extend(new)
    assert reached == graph.keys()


def test_document_graph_says_what_the_packages_say(bom: dict[str, Any]) -> None:
    """Who needs whom is what each package's own metadata demands where it is installed."""
    names = {each["bom-ref"]: each["name"] for each in bom["components"]}
    for each in bom["dependencies"]:
        if each["ref"] == OURS:
            continue
        demanded = map(Requirement, requires(names[each["ref"]]) or ())
        here = {
            canonicalize_name(demand.name)
            for demand in demanded
            if demand.marker is None or demand.marker.evaluate({"extra": ""})
        }
        assert {names[ref] for ref in each.get("dependsOn", ())} == here, each["ref"]


def test_document_is_the_same_each_time_and_another_for_other_content(document: str) -> None:
    """Its number comes from what it says."""
    assert sbom.render(ROOT, [], MADE) == document
    other = json.loads(sbom.render(ROOT, [ROOT / "LICENSE"], MADE))
    assert other["serialNumber"] != json.loads(document)["serialNumber"]


def test_document_of_a_lock_that_is_not_installed_is_refused(tmp_path: Path) -> None:
    """A licence of another version would be a guess; the message says what to do."""
    for name in ("pyproject.toml", "sealer/__init__.py", "requirements/core.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    lock = (ROOT / "requirements" / "controller.txt").read_text()
    lock = lock.replace(f"bcrypt=={_locked('controller.txt')['bcrypt'][0]}", "bcrypt==0.0.1")
    (tmp_path / "requirements" / "controller.txt").write_text(lock)
    with pytest.raises(SystemExit, match=r"bcrypt 0\.0\.1 .* not installed here: run `make check`"):
        sbom.render(tmp_path, [], MADE)


def test_program_without_a_time_says_who_sets_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The time of the day would make every document differ."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    with pytest.raises(SystemExit):
        sbom.main(["-d", str(tmp_path)])
    assert "`make dist` sets it" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
