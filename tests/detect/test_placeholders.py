"""A placeholder names where a value comes from, and holds none itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealer.detect.placeholders import is_placeholder

REFERENCES = [
    "${X}", "${data.password}", "${_a1}", " ${X}\n", "$(X)", "$(params.a-b)",
    "${X}${Y}", "$(X) $(Y)", "${X}:${Y}", "x://${A}:${B}@${C}:5432/${D}", '["${X}", "${Y}"]',
    "<path:kv/data/db#password>", "<path:kv/data/db#password | base64encode>",
    "ref+vault://db#/password", "ref+awssecrets://db?region=x", "vault:kv/db#password",
    "op://vault/item/field", "op://my vault/my item/field",
    "{{ .Values.x }}", "{{.Values.x}}", "{{- .Values.x -}}", "{{ $x }}", "{{ x }}",
    "${{ secrets.X }}",
    "{{ .x | b64enc | quote }}", "{{ randAlphaNum 32 }}", "{{ (lookup .a .b).c }}",
    '{{ include "chart.password" . | b64enc }}', '{{ required "say it" .Values.x }}',
    '{{ index .Values "a" "b" }}', '{{ get $x "a" }}', '{{ .Files.Get "a" | b64enc }}',
    '{{ .x | default "" }}', "{{ .x | default (randAlphaNum 9) }}", "{{ ternary .a .b .c }}",
    "{{ . }}", "{{ .a }}{{ .b }}", "{{ .a }}:{{ .b }}",
    "x://{{ .a }}:{{ .b }}@{{ .c }}:80/{{ .d }}",
    '{{ include "x" (dict "key" "password" "context" $) }}', '{{ index .a (.b | default "c") }}',
    '{{ printf "%s:%s" .a .b }}', '{{ printf "x://%s:%s@%s:80" .a .b .c }}', "{{ .a\n  | quote }}",
    "{{ lookup('env', 'X') | b64encode }}", "{{ a['x'].b }}", "{{ a | default(omit) }}",
    '{{ .a | trimSuffix "x" | replace "a" "b" }}', '{{ .a | join "," }}', "{{ `{{ .a }}` }}",
    '{{ printf "{\\"auths\\":{\\"%s\\":{\\"auth\\":\\"%s\\"}}}" .a (printf "%s:%s" .b .c) }}',
    '{"auths": {"{{ .a }}": {"auth": "{{ .b }}"}}}',
    "db:\n  user: {{ .a }}\n  password: {{ .b }}\n",
    "A={{ .a }}\nB = {{ .b }}\n",
    "{{ if .a }}{{ .a }}{{ else }}{{ randAlphaNum 9 }}{{ end }}", '{{ dict "a" .b | toJson }}',
    '{{ default \\"\\" .a }}', '{{ include \\"x\\" . }}', '{{ printf \\"%s\\\\n\\" .a }}',
    '{{ (lookup "v1" "Secret" .a (printf "%s-x" .b)).data.c }}', "{{ $x := .a }}{{ $x }}",
]  # fmt: skip

VALUES = [
    "", "hunter2", "changeme", "<password>", "$X", "${}", "${X", "X}", "a${X}", "${X}b",
    "${X:-y}", "${X-y}", "${X:=y}", "${X y}", "${1}", "$(echo y)", "$(X)y$(Z)", "x://${X}/y",
    "x://${X}:${Y-z}", "x://y:${X}@${Y}",
    "<path:>", "<path: x>",
    "ref+echo://hunter2", "ref+vault:/x", "vault:x", "vault:#x", "op:/x",
    "{{ }}", "{{ 12345 }}", "{{ 'x' }}", '{{ "x" }}', "{{ `x` }}", "{{ .a }}:x", "x://{{ .a }}/x",
    "a: {{ .b }}",
    '{"a": "x", "b": "{{ .b }}"}', "a: {{ .a }}\nb: x\n", "a={{ .a }}\nx\n",
    '{{ printf "{\\"a\\":\\"x\\",\\"b\\":\\"%s\\"}" .a }}',
    '{{ .x | default "y" }}', "{{ .x | default 'y' }}", "{{ .x | default 12345 }}",
    "{{ .x | default(12345) }}", '{{ ternary "a" .b .c }}', '{{ printf "x%s" .a }}',
    "{{ .x | default $y }}{{ 'z' }}", "{{ a or 'x' }}", "${{ secrets.A || 'x' }}",
    '{{ print "x" .a }}',
    '{{ if .a }}{{ .a }}{{ else }}{{ "x" }}{{ end }}', "{{ if .a }}{{ .a }}{{ else }}x{{ end }}",
    '{{ dict "a" "x" | toJson }}', '{{ dig "a" "b" "x" .y }}', '{{ list "x" | join "," }}', "{{ .a",
    '{{ tpl "x" . }}', '{{ b64enc "x" }}', '{{ default "x" .a }}', '{{ (default "x" .a) }}',
    '{{ required "a" "hunter2" }}', '{{ default \\"x\\" .a }}', '{{ \\"x\\" | quote }}',
    '{{ index "hunter2" 0 }}', "{{/* hunter2 */}}", "{{" + " .a" * 1999 + "}}",
]  # fmt: skip


@pytest.mark.parametrize("text", REFERENCES)
def test_is_placeholder_reference_is_one(text: str) -> None:
    """The value is elsewhere."""
    assert is_placeholder(text)


@pytest.mark.parametrize("text", VALUES)
def test_is_placeholder_anything_else_is_a_value(text: str) -> None:
    """Words, defaults, text around a reference, and calls that return a literal."""
    assert not is_placeholder(text)


@given(st.text(st.sampled_from(list("${}().{{}}\"'`<>:#+/ \n\\-|ab1")), max_size=60))
def test_is_placeholder_any_text_is_judged(text: str) -> None:
    """No text raises, and one without a reference's marks is a value."""
    assert not is_placeholder(text) or any(mark in text for mark in ("{", "$(", "<", ":"))
