"""`make bench` runs every script there is, and keeps what each of them says."""

import json
from pathlib import Path
from typing import Any

import pytest

import machine
import measure
from all import HERE, SCRIPTS, Order, picture_of, run_all

ROOT = HERE.parent
ON_A_CLUSTER = ("coldstart", "controller")
GOOD = """
import json, os, pathlib, sys
figures = [{"name": "one", "value": 2.0, "unit": "s", "ratio": 1.0, "budget": ""}]
said = {"title": "Good", "quick": bool(os.environ.get("SEALER_BENCH_QUICK")), "figures": figures}
pathlib.Path(sys.argv[sys.argv.index("--json") + 1]).write_text(json.dumps(said))
"""


def _programs() -> set[str]:
    """Return the scripts that measure and report."""
    paths = HERE.glob("*.py")
    return {path.stem for path in paths if "\n    report(" in path.read_text()}


def test_every_script_is_run() -> None:
    """None is forgotten, and none is named that is not there."""
    assert set(SCRIPTS) == _programs()
    assert len(set(SCRIPTS)) == len(SCRIPTS)


@pytest.mark.parametrize("page", ["docs/performance.md", "benchmarks/README.md"])
def test_every_script_is_explained(page: str) -> None:
    """With its command where its figures stand, in the order in which they are measured."""
    text = (ROOT / page).read_text()
    if page.startswith("docs"):
        places = [text.find(f"`.venv/bin/python benchmarks/{name}.py`") for name in SCRIPTS]
        assert places == sorted(places)
    else:
        places = [text.find(f"| `{name}.py` |") for name in SCRIPTS]
    assert -1 not in places


def test_make_runs_them_all() -> None:
    """There is one entry, which knows them."""
    assert "$(BIN)/python benchmarks/all.py $(BENCH_ARGS)" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("is_quick", [False, True])
def test_results_are_kept_with_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_quick: bool
) -> None:
    """A JSON file and an SVG for each, and a summary that names the machine."""
    monkeypatch.setenv("SEALER_BENCH_QUICK", "left over")
    (tmp_path / "good.py").write_text(GOOD)
    out = tmp_path / "deep" / "out"
    assert run_all(["good"], Order(out, is_quick=is_quick, folder=tmp_path))
    assert json.loads((out / "good.json").read_text())["quick"] is is_quick
    assert "<svg" in (out / "good.svg").read_text()
    summary = json.loads((out / "summary.json").read_text())
    assert summary["quick"] is is_quick
    assert summary["machine"]["python"]
    (result,) = summary["scripts"]
    assert (result["name"], result["title"]) == ("good", "Good")
    assert result["figures"][0]["value"] == 2.0


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name not in ON_A_CLUSTER])
def test_quick_run_of_a_script_works(tmp_path: Path, name: str) -> None:
    """With little of everything; nothing is asserted of its figures but that there are some."""
    assert run_all([name], Order(tmp_path, is_quick=True))
    said = json.loads((tmp_path / f"{name}.json").read_text())
    assert said["quick"] is True
    assert said["machine"]["cores"] >= 1
    assert all(figure["value"] > 0 and figure["name"] for figure in said["figures"])


def test_quick_run_goes_on_no_page(tmp_path: Path) -> None:
    """Its figures are worth nothing."""
    page = tmp_path / "page.md"
    assert not run_all(["unsealing"], Order(tmp_path, page=page, is_quick=True))
    assert not page.exists()


def test_script_that_fails_is_told_and_stops_no_other(tmp_path: Path) -> None:
    """Its old results do not stand there as if they were new ones."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "bad.json").write_text("{}")
    (tmp_path / "bad.py").write_text("raise SystemExit(3)")
    (tmp_path / "good.py").write_text(GOOD)
    assert not run_all(["bad", "good"], Order(out, folder=tmp_path))
    bad, good = json.loads((out / "summary.json").read_text())["scripts"]
    assert bad["failed"] == "exit status 3"
    assert good["figures"]
    assert not (out / "bad.json").exists()


@pytest.mark.parametrize(
    "written",
    [
        '"no JSON',
        "[]",
        '{"title": "t", "figures": [{"name": "a", "value": Infinity, "unit": "s"}]}',
        '{"title": "t"}',
        '{"title": "t", "figures": [{}]}',
        '{"title": "t", "figures": [{"name": "a", "value": "b", "unit": "s"}]}',
    ],
)
def test_script_that_says_nonsense_is_told_and_stops_no_other(tmp_path: Path, written: str) -> None:
    """What it wrote is no result, whatever its exit status."""
    (tmp_path / "bad.py").write_text(
        f"import pathlib, sys; pathlib.Path(sys.argv[2]).write_text({written!r})"
    )
    (tmp_path / "good.py").write_text(GOOD)
    out = tmp_path / "out"
    assert not run_all(["bad", "good"], Order(out, folder=tmp_path))
    bad, good = json.loads((out / "summary.json").read_text())["scripts"]
    assert bad["failed"].startswith("it wrote no figures: ")
    assert good["figures"]
    assert not (out / "bad.svg").exists()


def test_script_without_figures_has_an_empty_picture(tmp_path: Path) -> None:
    """Nothing measured is nothing drawn, and no fault of the run."""
    (tmp_path / "none.py").write_text(GOOD.replace("figures = [", "figures = [] and ["))
    assert run_all(["none"], Order(tmp_path, folder=tmp_path))
    assert "<svg" in (tmp_path / "none.svg").read_text()


def test_load_is_what_else_ran_before_the_first_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the benchmarks themselves make says nothing of their worth."""
    loads = iter([0.25, 0.5])
    monkeypatch.setattr(machine, "load", lambda: next(loads))
    (tmp_path / "good.py").write_text(GOOD)
    assert run_all(["good", "good"], Order(tmp_path, folder=tmp_path))
    assert json.loads((tmp_path / "summary.json").read_text())["machine"]["load"] == 0.25


def test_load_of_a_script_is_taken_before_it_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When its figures are reported the load is its own."""
    kept = tmp_path / "kept.json"
    monkeypatch.setattr("sys.argv", ["script", "--json", str(kept)])
    monkeypatch.setattr(machine, "load", lambda: pytest.fail("taken too late"))
    measure.report("Title", [measure.Figure("one", 1.0, "s")])
    assert json.loads(kept.read_text())["machine"]["load"] >= 0


def test_picture_beside_the_page_is_of_the_same_run(tmp_path: Path) -> None:
    """Where a page shows the picture of a script, a new table comes with a new picture."""
    script = "sys.argv[sys.argv.index('--page') + 1]"
    (tmp_path / "good.py").write_text(f"{GOOD}pathlib.Path({script}).write_text('new')\n")
    (tmp_path / "bad.py").write_text("raise SystemExit(3)")
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text("![A picture](good.svg) ![Another](bad.svg)")
    for name in ("good", "bad", "other"):
        (page.parent / f"{name}.svg").write_text("old")
    out = tmp_path / "out"
    run_all(["good", "bad"], Order(out, page=page, folder=tmp_path))
    assert (page.parent / "good.svg").read_text() == (out / "good.svg").read_text()
    assert (page.parent / "bad.svg").read_text() == "old"
    assert (page.parent / "other.svg").read_text() == "old"


def test_picture_shows_every_figure_beside_those_of_its_unit() -> None:
    """Seconds and mebibytes have a scale each."""
    figures: list[dict[str, Any]] = [
        {"name": "fast", "value": 1.0, "unit": "s"},
        {"name": "slow", "value": 4.0, "unit": "s"},
        {"name": "memory", "value": 100.0, "unit": "MiB"},
        {"name": "uses", "value": 0.0, "unit": ""},
        {"name": "slowest", "value": 8.0, "unit": "s"},
    ]
    picture = picture_of({"title": "A title", "figures": figures})
    for words in ("A title", "fast", "slow", "memory", "uses", "slowest", ">MiB<", ">number<"):
        assert words in picture
    assert picture.count(">s<") == 1
