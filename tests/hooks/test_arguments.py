"""The command line: what can be asked for, and what cannot be at once."""

import signal

import pytest

from sealer_hooks.arguments import parse
from sealer_hooks.deadline import ending_after


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("4s", 4), ("4", 4), ("500ms", 0.5), ("2m", 120), ("0.5s", 0.5), ("1.25m", 75)],
)
def test_deadline_takes_a_time(text: str, seconds: float) -> None:
    """A number is seconds, unless it says something else."""
    assert parse(["a", "--deadline", text]).deadline == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["99999999999s", "9" * 400, "9" * 400 + "ms"])
def test_deadline_beyond_all_patience_is_one_that_timers_take(text: str) -> None:
    """Whoever asks for it wants no end, and not a crash."""
    with ending_after(parse(["a", f"--deadline={text}"]).deadline or 0):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 24 * 3600


@pytest.mark.parametrize(
    "text", ["", "s", "4h", "-1s", "0", "0ms", "4 s", "4sm", "4smsms", "1e3", "nan", "inf", "٤s",
             "1.2.3s", ".", "s4", "4mms"],
)  # fmt: skip
def test_deadline_takes_nothing_else(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A time that is misread would be a server that waits, or one that never examines."""
    with pytest.raises(SystemExit) as caught:
        parse(["a", f"--deadline={text}"])
    assert caught.value.code == 2
    assert "is no time; write 4s, 500ms or 2m" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["a"],
        ["--", "--staged"],
        ["--staged"],
        ["--pre-push"],
        ["--pre-push", "origin", "https://example.com"],
        ["--pre-receive", "--deadline=4s", "--on-deadline=warn"],
        ["--from-ref=a", "--to-ref", "b"],
        ["--history"],
        ["--history", "a..b", "--strict"],
        ["--fix", "a", "b"],
        ["--write-baseline"],
        ["--write-baseline", "--history"],
        ["--staged", "--show-allowed", "--format=sarif", "-v"],
    ],
)
def test_parse_takes_what_belongs_together(arguments: list[str]) -> None:
    """Every documented call."""
    parse(arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name FILEs, or say what to examine"),
        (["--strict"], "name FILEs, or say what to examine"),
        (["--staged", "a"], "--staged takes no FILE"),
        (["--pre-receive", "a"], "--pre-receive takes no FILE"),
        (["--history", "a..b", "c"], "--history takes no FILE"),
        (["--from-ref=a", "--to-ref=b", "c"], "--from-ref takes no FILE"),
        (["--staged", "--history"], "--staged and --history cannot both be"),
        (["--pre-push", "--pre-receive"], "--pre-push and --pre-receive cannot both be"),
        (["--history", "--from-ref=a", "--to-ref=b"], "--from-ref and --history cannot both be"),
        (["--from-ref=a"], "--from-ref and --to-ref belong together"),
        (["--to-ref=b", "--staged"], "--from-ref and --to-ref belong together"),
        (["--pre-push", "a", "b", "c"], "--pre-push takes a REMOTE and its URL"),
        (["--fix"], "--fix takes FILEs and nothing else"),
        (["--fix", "--staged"], "--fix takes FILEs and nothing else"),
        (["--fix", "--write-baseline", "a"], "--fix takes FILEs and nothing else"),
        (["--write-baseline", "--on-deadline=warn"], "--write-baseline notes all"),
        (["--format=xml", "a"], "invalid choice: 'xml'"),
        (["--on-deadline=ignore", "a"], "invalid choice: 'ignore'"),
        (["--stag"], "unrecognized arguments: --stag"),
    ],
)
def test_parse_refuses_what_does_not(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage ends with 2, and says what is wrong with it."""
    with pytest.raises(SystemExit) as caught:
        parse(arguments)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err
