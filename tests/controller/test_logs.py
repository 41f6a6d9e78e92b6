"""Log lines: one line an event, in both shapes, on the right stream, without foreign texts."""

import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.sensitive import SecretBytes
from sealer_controller import logs

LOG = logs.logger("sealer_controller.test")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


def written(output: logs.Output, stream: type[io.StringIO] = io.StringIO) -> tuple[str, str]:
    """Log one line of each level; return what stands on standard output and standard error."""
    stdout, stderr = stream(), stream()
    logs.configure(output, stdout, stderr)
    LOG.info("fine", namespace="shop", name="db", duration_ms=1.5)
    LOG.warning("odd", path="a b")
    LOG.error("broken", reason='say "no"')
    return stdout.getvalue(), stderr.getvalue()


def test_text_lines_look_as_the_originals() -> None:
    """Text is `key=value`, quoted only where needed; warnings and errors go to standard error."""
    stdout, stderr = written(logs.Output(format="text"))
    assert stdout.split(" ", 1)[1] == (
        "level=INFO msg=fine namespace=shop name=db duration_ms=1.5\n"
    )
    assert [line.split(" ", 1)[1] for line in stderr.splitlines()] == [
        'level=WARN msg=odd path="a b"',
        'level=ERROR msg=broken reason="say \\"no\\""',
    ]


def test_json_lines_are_objects() -> None:
    """JSON has the same fields, numbers as numbers."""
    stdout, _ = written(logs.Output(format="json"))
    line = json.loads(stdout)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "INFO",
        "msg": "fine",
        "namespace": "shop",
        "name": "db",
        "duration_ms": 1.5,
    }


def test_auto_is_text_on_a_terminal_and_json_elsewhere() -> None:
    """Without a choice people get text and programs get JSON."""
    assert written(logs.Output(), Terminal)[0].startswith("time=")
    assert written(logs.Output())[0].startswith("{")


def test_info_to_stderr_leaves_stdout_empty() -> None:
    """`--log-info-stdout=false` sends everything to standard error, as old versions did."""
    stdout, stderr = written(logs.Output(info_to_stdout=False))
    assert stdout == ""
    assert len(stderr.splitlines()) == 3


@pytest.mark.parametrize(("level", "lines"), [("ERROR", 1), ("error", 1), ("INFO", 3), ("?", 3)])
def test_level_error_leaves_everything_else_out(level: str, lines: int) -> None:
    """`ERROR` shows errors only; a text that is no level means `INFO`."""
    assert len("".join(written(logs.Output(level=level))).splitlines()) == lines


def test_exception_shows_type_and_place_and_not_its_text() -> None:
    """The text of a foreign exception may hold a value, so it is not printed."""
    stderr = io.StringIO()
    logs.configure(logs.Output(format="text"), io.StringIO(), stderr)
    try:
        int("c4n4ry")
    except ValueError:
        logging.getLogger("asyncio").exception("task failed")
    line = stderr.getvalue()
    assert "c4n4ry" not in line
    assert "error=ValueError" in line
    assert "test_exception_shows_type_and_place_and_not_its_text:" in line
    assert line.count("\n") == 1


def test_secret_in_a_field_shows_its_length_only() -> None:
    """A SecretBytes that gets into a field by mistake does not show its value."""
    for form in ("text", "json"):
        stdout = io.StringIO()
        logs.configure(logs.Output(format=form), stdout, io.StringIO())
        LOG.info("oops", field=SecretBytes(b"c4n4ry"))
        assert "c4n4ry" not in stdout.getvalue()
        assert "6 bytes" in stdout.getvalue()


@given(st.text(), st.text())
def test_line_stays_one_line_whatever_the_field_holds(text: str, event: str) -> None:
    """No field can end the line or forge another one."""
    for form in ("text", "json"):
        stdout = io.StringIO()
        logs.configure(logs.Output(format=form), stdout, io.StringIO())
        LOG.info(event, field=text)
        assert len(stdout.getvalue().splitlines()) == 1
