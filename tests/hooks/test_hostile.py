"""A repository that nobody trusts: nothing that it brings along or configures is run."""

from pathlib import Path

import pytest

from tests.hooks.repository import SECRET, Repository

# What Python would import instead of the real thing, were the current folder on its path.
MODULES = ("sealer", "sealer_hooks", "sealer_keys", "yaml", "git", "sitecustomize",
           "usercustomize", "argparse", "re", "gc", "json", "dataclasses", "typing")  # fmt: skip


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """Return the file that hostile code leaves behind."""
    return tmp_path / "was-run"


@pytest.fixture
def program(tmp_path: Path, marker: Path) -> str:
    """Return a program that says it was run."""
    path = tmp_path / "attack.sh"
    path.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    path.chmod(0o755)
    return str(path)


def test_staged_modules_of_the_repository_are_not_imported(
    repository: Repository, marker: Path
) -> None:
    """The repository's `yaml.py` is a file to look at, and no module."""
    for name in MODULES:
        code = f"open({str(marker)!r}, 'w').close()\n"
        repository.write(f"{name}.py", code)
        repository.write(f"{name}/__init__.py", code)
    repository.write("pyproject.toml", "[tool.sealer]\n")
    repository.write("secret.yaml")
    assert repository.run("sealer-hook", "--staged").returncode == 1
    assert repository.run("sealer-hook", "secret.yaml", "yaml.py").returncode == 1
    assert not marker.exists()
    repository.install_shim()
    assert repository.commit().returncode != 0
    assert not marker.exists()


def test_programs_of_the_configuration_are_not_run(
    repository: Repository, marker: Path, program: str
) -> None:
    """Monitors, filters, converters, hooks, aliases and pagers stay asleep."""
    repository.write("a.yaml", "a: b\n")
    repository.commit()
    repository.write("secret.yaml", SECRET)
    repository.write(".gitattributes", "* diff=x filter=x\n")
    tree = repository.git("write-tree").strip()
    work = repository.git("commit-tree", "-p", "HEAD", "-m", "x", tree).strip()
    repository.git("update-ref", "refs/heads/work", work)
    hooks = repository.folder / "own-hooks"
    hooks.mkdir()
    for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        (hooks / name).symlink_to(program)
    for name, value in {
        "core.fsmonitor": program,
        "core.fsmonitorHookVersion": "2",
        "core.hooksPath": str(hooks),
        "core.pager": program,
        "core.sshCommand": program,
        "core.editor": program,
        "core.alternateRefsCommand": program,
        "pager.diff-index": program,
        "diff.external": program,
        "diff.x.textconv": program,
        "diff.x.command": program,
        "filter.x.smudge": program,
        "filter.x.clean": program,
        "filter.x.process": program,
        "filter.x.required": "true",
        "alias.diff-index": f"!{program}",
        "alias.cat-file": f"!{program}",
        "alias.rev-parse": f"!{program}",
        "credential.helper": f"!{program}",
        "gpg.program": program,
        "log.showSignature": "true",
        "uploadpack.packObjectsHook": program,
        "alias.rev-list": f"!{program}",
        "alias.diff-tree": f"!{program}",
        "alias.for-each-ref": f"!{program}",
    }.items():
        repository.git("config", name, value)
    assert repository.run("sealer-hook", "--staged").returncode == 1
    for arguments in (["--history"], ["--history", "HEAD..work"], ["--write-baseline"],
                      ["--from-ref=HEAD", "--to-ref=work"]):  # fmt: skip
        done = repository.run("sealer-hook", *arguments)
        assert done.returncode == (0 if "--write-baseline" in arguments else 1), done.stderr
    assert not marker.exists()
    repository.git("status", check=False)
    assert marker.exists(), "the configuration would run something, if it were let"


def test_staged_missing_object_is_not_fetched(
    repository: Repository, marker: Path, program: str
) -> None:
    """A partial clone's remote may name a program to run; it is not asked."""
    repository.write("secret.yaml")
    blob = repository.git("rev-parse", ":secret.yaml").strip()
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{program}",
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
    }.items():
        repository.git("config", name, value)
    assert repository.run("sealer-hook", "--staged").returncode == 2
    assert not marker.exists()
    repository.git("cat-file", "-p", blob, check=False)
    assert marker.exists(), "git would fetch the object, if it were let"
