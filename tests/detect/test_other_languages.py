"""Readers of other languages answer any text, and every place stays where it is in the file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.detect import scan
from sealer.detect.actions import is_reference, literal_variables
from sealer.detect.expansions import (
    literal_in_shell,
    neutral_in_program,
    neutral_in_shell,
    without_expansions,
)
from sealer.detect.programs import unescaped

_PARTS = st.lists(
    st.sampled_from(
        ["${", "}", "$(", ")", "`", "$", "{{", "}}", "{", "%s", "#{", "\\", "\\n", '"', "'", "a",
         "A", "|", "default ", "echo ", ":-", "??", " ", "\n", "x", "1", "(", "[", "]", ",", ".",
         "=", ":", "<%=", "%>", "/*", "*/", "$x := "]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(_PARTS)
def test_text_without_expansions_keeps_its_length(text: str) -> None:
    """A place in it is the same place in the file."""
    assert len(neutral_in_shell(text)) == len(text)
    assert len(neutral_in_program(text)) == len(text)
    assert len(unescaped(text)) == len(text)


@given(_PARTS)
def test_any_expansion_and_action_is_judged(text: str) -> None:
    """No text raises, and what holds no action is no reference."""
    literal_in_shell(text)
    without_expansions(text)
    literal_variables(text, 0, len(text))
    assert not is_reference(text) or "{{" in text


_WRAPPERS = {
    "a.md": "# T\n\n```yaml\n%s```\n",
    "a.sh": "cat <<'END_OF_IT'\n%sEND_OF_IT\n",
    "a.ts": "const x = `%s`;\n",
    "a.py": 'x = """\n%s"""\n',
    "a.rs": 'let x = r#"\n%s"#;\n',
    "a.c": "/*\n%s*/\n",
    "a.html": "<!--\n%s-->\n",
}
_VALUES = st.from_regex(r"[a-zA-Z][a-zA-Z0-9]{0,20}", fullmatch=True)


@pytest.mark.parametrize("path", _WRAPPERS)
@given(value=_VALUES, before=st.sampled_from(["", "kind: Pod\n---\n", "# note\n", "\n\n"]))
def test_scan_value_in_another_language_is_found_at_its_place(
    path: str, value: str, before: str
) -> None:
    """Whatever stands around a manifest, the finding points to the value."""
    manifest = f"{before}kind: Secret\nstringData:\n  key: '{value}'\n"
    text = _WRAPPERS[path] % manifest
    (finding,) = scan(path, text.encode()).findings
    line = text.splitlines()[finding.line - 1]
    assert line[finding.column - 1 :] == f"'{value}'"
    assert (finding.key, finding.length) == ("key", len(value))
