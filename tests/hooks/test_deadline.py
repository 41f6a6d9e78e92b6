"""`--deadline`: a run ends when its time is over, whatever it waits for."""

import os
import signal
import subprocess
from collections.abc import Generator
from contextlib import suppress

import pytest

from sealer.detect.finding import Scan
from sealer_hooks import main as module
from sealer_hooks.deadline import DeadlineError, DeadlinePassed, ending_after
from sealer_hooks.git.command import Command
from sealer_hooks.main import main
from sealer_hooks.sources import Content
from sealer_hooks.sources.files import FileSource
from tests.hooks.repository import HARMLESS, SECRET, Repository

_SHORT = 0.01


def _calculate() -> None:
    while True:
        pass


def test_deadline_interrupts_a_calculation() -> None:
    """A scan that never ends is one."""
    with pytest.raises(DeadlinePassed), ending_after(_SHORT):
        _calculate()


def test_deadline_interrupts_waiting_for_git_and_ends_it(repository: Repository) -> None:
    """A git that answers nothing is not waited for, and does not stay behind."""
    command = Command(str(repository.folder))
    with (
        pytest.raises(DeadlinePassed),
        command.start("cat-file", "--batch", stdin=subprocess.PIPE) as git,
        ending_after(_SHORT),
    ):
        git.stdout.read()
    assert git.status == -signal.SIGKILL


def test_deadline_that_somebody_swallowed_counts_at_the_end() -> None:
    """Python drops what is raised while it tidies up."""
    with pytest.raises(DeadlinePassed), ending_after(_SHORT), suppress(DeadlinePassed):
        _calculate()


def test_deadline_in_time_leaves_nothing_behind() -> None:
    """The alarm of whoever runs this is theirs again."""
    before = signal.getsignal(signal.SIGALRM)
    with ending_after(1000):
        pass
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_deadline_without_an_alarm_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that cannot end the run says so, instead of running on."""
    monkeypatch.delattr(signal, "setitimer")
    with pytest.raises(DeadlineError, match="needs a system"), ending_after(1):
        pass


class _StuckSource(FileSource):
    """A Secret, something harmless, and then nothing, for ever."""

    def contents(self) -> Generator[Content, None, None]:
        """Yield a little, and wait."""
        yield from super().contents()
        reading, _ = os.pipe()
        os.read(reading, 1)


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (HARMLESS, [], 2),
        (SECRET, [], 2),
        (HARMLESS, ["--on-deadline=block"], 2),
        (HARMLESS, ["--on-deadline=warn"], 0),
        (HARMLESS, ["--on-deadline=warn", "--strict"], 0),
        (SECRET, ["--on-deadline=warn"], 1),
    ],
)
def test_main_after_the_deadline_does_as_told(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    text: str,
    options: list[str],
    code: int,
) -> None:
    """What was found until then is reported, and that not all was examined."""
    repository.write("a.yaml", text)
    sources = [_StuckSource(["a.yaml"], str(repository.folder))]
    monkeypatch.setattr(module, "open_sources", lambda *_: sources)
    assert main(["a.yaml", "--deadline=500ms", *options]) == code
    output = capsys.readouterr()
    said = "the deadline has passed; 1 file was examined until then"
    assert said in output.out + output.err
    assert ("a.yaml:4:24: SH001" in output.out) == (text == SECRET)


def test_main_after_the_deadline_names_the_file_that_took_the_time(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was begun, and is not counted."""
    for name in ("a", "b"):
        repository.write(f"{name}.yaml", SECRET)

    def scan(path: str, *_: object) -> Scan:
        if path == "b.yaml":
            raise DeadlinePassed
        return Scan()

    monkeypatch.setattr("sealer_hooks.verdict.scan", scan)
    assert main(["--staged", "--deadline=10m"]) == 2
    said = "b.yaml: could not decide: the deadline has passed; 1 file was examined until then"
    assert said in capsys.readouterr().out


def test_main_in_time_is_not_disturbed(repository: Repository) -> None:
    """A deadline that is not reached changes nothing."""
    repository.write("a.yaml", SECRET)
    assert main(["--staged", "--deadline=10m"]) == 1
