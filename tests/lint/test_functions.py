"""The functions that a template calls, found without a grammar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.lint.functions import KNOWN, REFUSED, functions_used


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("", []),
        ("plain upper", []),
        ("{{ .password }}", []),
        ("{{.a.b.upper}}{{ $.lower }}{{ $upper }}", []),
        ("{{ upper .a }} and {{- lower .b -}}", ["upper", "lower"]),
        ("{{ .a | b64enc | quote }}", ["b64enc", "quote"]),
        ('{{ index . "pass-word" }}', ["index"]),
        ('{{ printf "upper }} \\" lower" (lower .a) }}', ["printf", "lower"]),
        ("{{ print `upper }}\n lower` }}", ["print"]),
        ("{{ print '}' 'u' }}", ["print"]),
        ("{{/* upper }} */}}{{- /* lower */ -}}{{ title .a }}", ["title"]),
        ("{{ if and .a (not .b) }}x{{ else if true }}y{{ end }}", ["and", "not"]),
        ("{{ range $i, $e := until 5 }}{{ break }}{{ end }}", ["until"]),
        ('{{ define "x" }}{{ nil }}{{ end }}{{ template "x" . }}{{ block "y" . }}{{ end }}', []),
        ("{{ add 1 0x1F 1e5 .5 }}", ["add"]),
        ("{{ upper .a }}{{ upper .b }}", ["upper"]),
        ("{{\n  upper\n  .a\n}}", ["upper"]),
        ("{{ upper .a", ["upper"]),
        ("{{ größe .a }}", ["größe"]),
        ("{ { upper } }", []),
    ],
)
def test_functions_used_are_the_bare_words_of_actions(template: str, names: list[str]) -> None:
    """Strings, comments, fields, variables, numbers and keywords are none; each counts once."""
    assert functions_used(template) == names


@given(st.text(alphabet="{}- \"`'\\/*.$aif\n1|", max_size=60))
def test_functions_used_of_any_text_are_words_of_it(template: str) -> None:
    """No text fails, and nothing is made up."""
    assert all(name in template and name.isidentifier() for name in functions_used(template))


@given(st.lists(st.sampled_from(sorted(KNOWN | set(REFUSED))), min_size=1, max_size=5, unique=True))
def test_functions_used_finds_every_call(names: list[str]) -> None:
    """What is called is found, in order, whatever stands around it."""
    text = " ".join(f'x {{{{- {name} "{name}x" .{name}y }}}}' for name in names)
    assert functions_used(text) == names


def test_functions_are_the_originals() -> None:
    """19 of Go's own and 208 of Sprig's, two of which share the name `slice` (compat.md 2.3)."""
    assert not KNOWN & set(REFUSED)
    assert len(KNOWN) + len(REFUSED) == 19 + 208 - 1
