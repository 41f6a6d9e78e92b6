"""A crash can never let a commit pass: every function that the hook calls is broken in turn."""

import gc
import importlib
import inspect
import io
import json
import pkgutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FrameType, FunctionType, ModuleType

import pytest

import sealer.detect
import sealer.documents
import sealer.policy
import sealer_hooks
from sealer_hooks.arguments import FORMATS
from sealer_hooks.git.command import Command
from sealer_hooks.main import main
from tests.hooks.repository import SECRET, Repository

_PACKAGES = (sealer_hooks, sealer.detect, sealer.documents, sealer.policy)
_FILES = {
    "a.yaml": SECRET,
    "a.json": json.dumps({"kind": "Secret", "data": {"a": "aHVudGVyMg=="}}),
    "a.tpl": "kind: Secret\nstringData:\n\tpassword: hunter2\n",
    "a.md": f"```yaml\n{SECRET}```\n",
    "kustomization.yaml": "secretGenerator:\n- name: a\n  literals: [password=hunter2]\n",
    "sops.yaml": f"{SECRET}sops: {{mac: ENC[], version: 3.9.0}}\n",
}
_VALUE = "hunter2"


def _raise_value_error(*_: object, **__: object) -> None:
    raise ValueError("hunter2")


def _raise_memory_error(*_: object, **__: object) -> None:
    raise MemoryError


@pytest.fixture
def secrets(repository: Repository) -> Repository:
    """Return a repository that holds Secrets of many kinds: committed, and changed in the index."""
    repository.write("first", "")
    repository.commit()
    repository.git("checkout", "--quiet", "--detach")  # what no ref has is new to a server
    for path, text in _FILES.items():
        repository.write(path, text)
    repository.commit()
    for path, text in _FILES.items():
        repository.write(path, f"{text} \n")
    return repository


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def _functions() -> Iterator[FunctionType]:
    """Yield all functions and methods that can be broken: one that closes over variables cannot."""
    for module in (module for package in _PACKAGES for module in _modules(package)):
        for holder in (module, *(each for _, each in inspect.getmembers(module, inspect.isclass))):
            for member in vars(holder).values():
                function = member.fget if isinstance(member, property) else member
                function = inspect.unwrap(function) if callable(function) else function
                if isinstance(function, FunctionType) and not function.__closure__:
                    yield function


def _called_by(work: Callable[[], object]) -> dict[CodeType, FunctionType]:
    """Return the functions that some work calls; not `main`, around which nothing catches."""
    seen: set[CodeType] = set()

    def note(frame: FrameType, *_: object) -> None:
        seen.add(frame.f_code)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    seen.discard(main.__code__)
    return {each.__code__: each for each in _functions() if each.__code__ in seen}


def _modes(repository: Repository) -> dict[str, tuple[list[str], str]]:
    """Return arguments and standard input of each way to ask git."""
    old, new = (repository.git("rev-parse", name).strip() for name in ("HEAD~", "HEAD"))
    return {
        "staged": (["--staged"], ""),
        "push": (["--pre-push"], f"refs/heads/main {new} refs/heads/main {old}\n"),
        "receive": (["--pre-receive"], f"{old} {new} refs/heads/main\n"),
        "range": ([f"--from-ref={old}", f"--to-ref={new}"], ""),
        "history": (["--history", "HEAD"], ""),
    }


def _run(arguments: list[str], stdin: str = "") -> Callable[[], int]:
    """Return what runs the hook in this process, and returns its exit code."""

    def run() -> int:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
            return main(arguments)

    return run


def _needed_to_refuse(
    functions: Iterable[FunctionType], broken: Callable[..., None], run: Callable[[], int]
) -> list[str]:
    """Return the functions that let everything pass when they break."""
    passed = []
    for function in functions:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(function, "__code__", broken.__code__)
            if run() == 0:
                passed.append(f"{function.__module__}.{function.__qualname__}")
    return passed


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("broken", [_raise_value_error, _raise_memory_error])
@pytest.mark.parametrize("output", FORMATS)
def test_files_broken_function_lets_nothing_pass(
    output: str, broken: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever breaks, Secrets are refused, and what the error says is not shown."""
    run = _run([f"--format={output}", *sorted(_FILES)])
    assert run() == 1
    functions = _called_by(run).values()
    assert {"judge", "scan", "parse", "render"} <= {each.__name__ for each in functions}
    assert _needed_to_refuse(functions, broken, run) == []
    shown = capfd.readouterr()
    assert _VALUE not in shown.out + shown.err


# What breaks leaves files and processes behind; a program would end with it.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("mode", ["staged", "push", "receive", "range", "history"])
def test_git_broken_function_lets_nothing_pass(
    mode: str, secrets: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor does anything pass when that breaks which only contents of git need."""
    run = _run(*_modes(secrets)[mode])
    assert run() == 1
    known = _called_by(_run(sorted(_FILES)))
    functions = [each for code, each in _called_by(run).items() if code not in known]
    assert "Repository.__init__" in {each.__qualname__ for each in functions}
    assert _needed_to_refuse(functions, _raise_value_error, run) == []
    gc.collect()  # here, and not in a test that allows no warnings
    shown = capfd.readouterr()
    assert _VALUE not in shown.out + shown.err


def test_git_broken_beside_its_complaints_is_read_to_their_end(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks takes the pipe from no thread, which would print what the error says."""
    threads: list[threading.Thread] = []

    def keep(thread: threading.Thread) -> None:
        threads.append(thread)

    monkeypatch.setattr(threading.Thread, "start", keep)
    monkeypatch.setattr(threading.Thread, "join", lambda _: None)
    monkeypatch.setattr("sealer_hooks.git.command.Running", _raise_value_error)
    with pytest.raises(ValueError, match=_VALUE):
        Command(str(repository.folder)).run("rev-parse", "--no-such-option")
    gc.collect()  # GitPython closes what nobody holds any more
    for thread in threads:
        thread.run()  # as late as can be
    assert threads
