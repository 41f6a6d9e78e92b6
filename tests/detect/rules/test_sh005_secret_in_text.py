"""SH005: a Secret is found in text that no parser reads; references and programs pass."""

import textwrap

import pytest

from sealer.detect import scan
from tests.detect.table import SEALED, TOKEN, Row, findings, found, name_of, row

_HEAD = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  namespace: shop\n"
_IF = "{{- if .Values.create }}\n"
_END = "{{- end }}\n"
_JSON = '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"stringData":{"a":"b"}}'
_OBJECT = f"{_HEAD}stringData:\n  a: b\n"


def _template(entries: str) -> str:
    return f"{_IF}{_HEAD}data:\n{textwrap.indent(textwrap.dedent(entries), '  ')}{_END}"


MUST_FIND = [
    row("template, literal", _template("a: hunter2\n"), "a"),
    row("template, literal in base64", _template("a: aHVudGVyMg==\n"), "a"),
    row("template, literal default", _template('a: {{ .a | default "hunter2" }}\n'), "a"),
    row("template, number as default", _template("a: {{ .a | default 123456 }}\n"), "a"),
    row("template, literal argument", _template('a: {{ "hunter2" | b64enc }}\n'), "a"),
    row("template, text around", _template("a: user:{{ .a }}\n"), "a"),
    row("template, one of three", _template("a: {{ .a }}\nb: x\nc: ''\n"), "b"),
    row("template, key from a loop", _template("{{ $k }}: hunter2\n"), "?"),
    row("template on the line", _template("{{ if .a }}a: hunter2{{ end }}\n"), "a"),
    row("template, literal behind a quote", _template("a: \"x{{ .a }}\"\nb: ''\n"), "a"),
    row("template, block scalar", _template("a: |\n  one\n  two\n"), "a"),
    row("template, comment behind", _template("a: hunter2 # TODO\n"), "a"),
    row("template, tag and anchor", _template("a: !!str &x hunter2\n"), "a"),
    row("template, alias", _template("a: *x\n"), "a"),
    row("template, quoted keys", _template("\"a\": 'hunter2'\n'b': x\n"), "a", "b"),
    row("template, brace at the end", _template("a: hunter2{\nb: x{\n"), "a", "b"),
    row("flow that never ends", "kind: Secret\ndata: {a: hunter2, b: {\n", ""),
    row("template, SOPS token", _template(f"a: {TOKEN}\n"), "a"),
    row("template, flow in a line", f"{_IF}{_HEAD}stringData: {{a: b}}\n{_END}", ""),
    row("template, text for a section", f"{_IF}{_HEAD}stringData: |\n  one\n{_END}", ""),
    row("template, other kinds beside",
        f"{_IF}kind: ConfigMap\ndata: {{a: b}}\n---\n{_OBJECT}{_END}", "a"),
    row("Jinja", "{% if x %}\n" + _OBJECT + "{% endif %}\n", "a"),
    row("JSON behind a comment", f"// cfg\n{_JSON}\n", "a"),
    row("JSON behind words", f"HTTP/1.1 200 OK\n\n{_JSON}\n", "a"),
    row("JSON in a shell script", f"export S='{_JSON}'\n", "a"),
    row("SecretList", f"{_IF}kind: SecretList\nitems:\n- data:\n    a: b\n{_END}", "a"),
    row("item of a List", "kind: List\nitems:\n{{ x }}\n- kind: ConfigMap\n  data:\n    x: y\n"
        "- kind: Secret\n  data:\n    a: b\n", "a"),
    row("data before kind", f"{_IF}data:\n  a: b\nkind: Secret\n", "a"),
    row("tab for indentation", f"{_HEAD}stringData:\n\ta: b\n", "a"),
    row("tab somewhere", f"{_HEAD}stringData:\n  a: b\n  c: d\n\t\n\tx\n", "a", "c"),
    row("conflict", f"{_HEAD}stringData:\n<<<<<<< HEAD\n  a: b\n=======\n  a: c\n>>>>>>> x\n",
        "a", "a"),
    row("conflict in the style of diff3",
        f"<<<<<<< HEAD\n{_OBJECT}||||||| base\n=======\n>>>>>>> x\n", "a"),
    row("indented too deep", "kind: Secret\n  stringData:\n    a: b\n", "a"),
    row("indented in steps", f"{_HEAD}stringData:\n    a: b\n  c: d\n", "a", "c"),
    row("text without a key", f"{_HEAD}stringData:\n  hunter2\n  a: b\n", "", "a"),
    row("content without indentation", f"{_HEAD}stringData:\n  a: |\nhunter2\nand more\n", "a"),
    row("content that looks like a key", f"{_HEAD}stringData:\n  a: |\n  x: y\n\tz\n", "a"),
    row("value that is never closed", f'{_HEAD}stringData:\n  a: "b\n', "a"),
    row("explicit key", f"{_HEAD}stringData:\n  ? a\n  : b\n\tx\n", ""),
    row("control character", f"{_OBJECT}# \x1b\n", "a"),
    row("CRLF", f"{_IF}{_OBJECT}{_END}".replace("\n", "\r\n"), "a"),
    row("UTF-16", f"{_IF}{_OBJECT}{_END}".encode("utf-16"), "a"),
    row("UTF-16 that looks like UTF-8", f"Ā: 1\n{_OBJECT}".encode("utf-16-le"), "a"),
    row("heredoc", f"kubectl apply -f - <<EOF\n{_OBJECT}EOF\n", "a"),
    row("template, lone action with a literal", _template('a: |\n  {{ .a | default "x" }}\n'), "a"),
    row("template, literal in a variable",
        _template('{{- $a := "hunter2" }}\na: {{ $a | b64enc }}\n'),
        "a"),
    row("template, default in a variable", _template(
        '{{- $a := .Values.a | default "x" -}}\na: {{ $a | b64enc | quote }}\nb: {{ .b }}\n'), "a"),
    row("template, literal in one branch",
        _template("a: {{ if .a }}{{ .a }}{{ else }}hunter2{{ end }}\n"), "a"),
    row("template, literal behind a reference", _template('a: {{ .a }}{{ "x" }}\n'), "a"),
    row("Go, unstructured",
        'var s = T{\n\t"kind":  "Secret",\n\t"metadata": map[string]any{"a": "b"},\n'
        '\t"data": map[string]interface{}{\n\t\t"a": "abc",\n\t},\n}\n', "a"),
    row("string with escapes, a note first",
        'x = "# note\\nkind: Secret\\nstringData:\\n  a: b\\n"\n', "a"),
    row("heredoc, not to be filled in", "cat <<X\nkind: Secret\nstringData:\n  a: \\$A\nX\n", "a"),
    row("heredoc, nested deep",
        "cat <<X\nkind: Secret\ndata:\n  a: " + "$(echo " * 250 + ")" * 250 + "\nX\n", "a"),
    row("template, nested deep", _template("a: {{ " + "(" * 1500 + ")" * 1500 + " }}\n"), "a"),
    row("echo in double quotes", f'echo "{_OBJECT}" | kubectl apply -f -\n', "a"),
    row("echo in single quotes", f"echo '\n{_OBJECT}' | kubectl apply -f -\n", "a"),
    row("here-string",
        "kubectl apply -f - <<< '{\"kind\":\"Secret\",\"data\":{\"a\":\"YQ==\"}}'\n", "a"),
    row("Rust, raw string", f'let x = r#"\n{_OBJECT}"#;\n', "a"),
    row("PowerShell", f'@"\n{_OBJECT}"@ | kubectl apply -f -\n', "a"),
    row("Groovy", f"sh '''\n  kubectl apply -f - <<EOF\n{_OBJECT}EOF\n'''\n", "a"),
    row("heredoc, not filled in", "cat <<'X'\nkind: Secret\nstringData:\n  a: b\n  c: $C-d\nX\n",
        "a", "c"),
    row("heredoc, literals", "cat <<EOF\nkind: Secret\nstringData:\n  a: ${A:-hunter2}\n"
        "  b: $(echo -n hunter2 | base64)\n  c: `printf '%s' 'x' | base64`\n"
        "  d: $(base64 <<< hunter2)\nEOF\n", "a", "b", "c", "d"),
    row("heredoc with tabs", "x() {\n\tcat <<-EOF\n\tkind: Secret\n\tdata:\n\t  a: YQ==\n\tEOF\n}",
        "a"),
    row("heredoc of Ruby", "x = <<~YAML\n  kind: Secret\n  data:\n    a: YQ==\nYAML\n", "a"),
    row("two manifests in a heredoc", "cat <<EOF\nkind: Pod\n---\nkind: Secret\ndata: {a: YQ==}\n"
        "EOF\n", "a"),
    row("template literal", "const x = `kind: Secret\nstringData:\n  a: hunter2\n  b: ${b}\n`;\n",
        "a"),
    row("template literal, default", "x = `kind: Secret\nstringData:\n  a: ${b ?? 'hunter2'}`;\n",
        "a"),
    row("Go, raw string", "const x = `\napiVersion: v1\nkind: Secret\ndata:\n  a: YQ==\n`\n", "a"),
    row("string with escapes", 'x = "kind: Secret\\nstringData:\\n  a: \\"b\\"\\n"\n', "a"),
    row("fence in a text", f"Text.\n\n```yaml\n{_OBJECT}```\n\nMore: text.\n", "a"),
    row("string of a program", f'X = """\n{_OBJECT}"""\ny = {{"a": 1}}\n', "a"),
    row("Go, a map", '"kind": "Secret"\n"data": map[string]any{\n\t"a": "x",\n},\n', "a"),
    row("JSON with comments", '{\n  // note\n  "kind": "Secret",\n'
        '  "data": {\n    "a": "YQ==", // x\n'
        '    "b": ""\n  }\n}\n', "a"),
    row("JSON, minified and broken", '{"kind":"Secret","data":{"a":"YQ=="}', "a"),
    row("JSON, broken in a string", '{"kind":"Secret","data":{"a":"YQ==', "a"),
    row("JSON, kind at the end", '{"data":{"a":"YQ=="},"kind":"Secret"},', "a"),
    row("JSON, section of text", '{"kind":"Secret","data":"YQ=="', ""),
    row("JSON, nested value", '{"kind":"Secret","data":{"a":{"b":"YQ=="}}', "b"),
    row("JSON, kind on two lines", '{"kind":\n"Secret","data":{"a":"YQ=="}', "a"),
    row("CUE in braces, text", 's: {\n\tkind: "Secret"\n\tstringData: {\n'
        '\t\ta: "hunter2"\n\t\tb: x\n\t\tc: string | *"x"\n\t\td: "\\(x):y"\n\t}\n}\n',
        "a", "c", "d"),
    row("TypeScript, text in an object",
        "const s = {\n  kind: 'Secret',\n  data: {\n    a: 'hunter2',\n  },\n}\n", "a"),
    row("braces of a function around a heredoc",
        "f() {\n  cat <<X\n  kind: Secret\n  {{ x }}\n  stringData:\n    a: b\n  X\n}\n", "a"),
    row("braces of a function around a string",
        'f() {\n  x = """\n  kind: Secret\n  {{ x }}\n  stringData:\n    a: b\n  """\n}\n', "a"),
    row("comments before keys and values in a program",
        'x({\n  /* c */ kind: "Secret",\n  data: { a: /* v */ "hunter2" },\n})\n', "a"),
    row("flow, broken", "{kind: Secret, stringData: {a: hunter2, b: 12, c: null}", "a", "b"),
]  # fmt: skip

MUST_FIND += [
    row("template, literal that a block is about",
        _template('{{- with "hunter2" }}\na: {{ . }}\n{{- end }}\n'), "a"),
    row("template, literal that a loop is about",
        _template('{{- range $x := list "hunter2" }}\na: {{ $x }}\nb: {{ . }}\n{{- end }}\n'),
        "a", "b"),
]  # fmt: skip
_TAIL = "metadata:\n  name: x\nstringData:\n  a: b\n"
MUST_FIND += [
    row("kind in two branches, the Secret first",
        f"{_IF}kind: Secret\n{{{{- else }}}}\nkind: ConfigMap\n{_END}{_TAIL}", "a"),
    row("kind in two branches, the Secret last",
        f"{_IF}kind: ConfigMap\n{{{{- else }}}}\nkind: Secret\n{_END}{_TAIL}", "a"),
    row("kind and version in three branches",
        f"{_IF}apiVersion: v1\nkind: Pod\n{{{{- else if .b }}}}\napiVersion: v1\nkind: Secret\n"
        f"{{{{- else }}}}\napiVersion: v1\nkind: ConfigMap\n{_END}{_TAIL}", "a"),
    row("kind in branches on its line",
        f"kind: {{{{ if .a }}}}Secret{{{{ else }}}}ConfigMap{{{{ end }}}}\n{_TAIL}", "a"),
    row("kind in branches of Jinja",
        f"kind: {{% if a %}}Secret{{% else %}}ConfigMap{{% endif %}}\n{_TAIL}", "a"),
    row("two kinds", f"kind: Secret\nkind: ConfigMap\nx: [\n{_TAIL}", "a"),
    row("Secret in a Secret", f"\t: [\nkind: Secret\ndata:\n  kind: Secret\n{_TAIL}", "kind", "a"),
]  # fmt: skip

MUST_PASS = [
    row("template, block about a value",
        _template("{{- with .Values.x }}\na: {{ . }}\n{{- end }}\n")),
    row("template, loop over names", _template(
        '{{- range $k := list "a" "b" }}\n'
        "{{ $k }}: {{ index $.Values $k | b64enc }}\n{{- end }}\n")),
    row("template, mark that replaces", _template('a: {{ .Values.x | replace "." "-" }}\n')),
    row("template, kinds in branches of another group",
        f"{_IF}apiVersion: x.io/v1\nkind: Secret\n{{{{- else }}}}\nkind: ConfigMap\n{_END}{_TAIL}"),
    row("template, kinds in branches, a reference",
        f"{_IF}kind: Secret\n{{{{- else }}}}\nkind: Pod\n{_END}data:\n  a: {{{{ .a }}}}\n"),
    row("template, kind from a helper", f'kind: {{{{ include "secret" . }}}}\n{_TAIL}'),
    row("template, kind by a condition on a name",
        f'kind: {{{{ if eq .a "Secret" }}}}Pod{{{{ else }}}}ConfigMap{{{{ end }}}}\n{_TAIL}'),
    row("template, another object in the other branch",
        f"{_IF}kind: Secret\ntype: Opaque\n{{{{- else }}}}\nkind: ConfigMap\n{_TAIL}{_END}"),
    row("template, a section of an object inside",
        f"{_IF}kind: Secret\nx:\n  kind: ConfigMap\n  data:\n    a: b\n{_END}"),
    row("JSON of another kind behind a comment", f"// cfg\n{_JSON.replace('Secret', 'Pod')}\n"),
    row("JSON without a value behind words", "HTTP/1.1 200\n\n" + _JSON.replace('"b"', '""')),
    row("JSON of a placeholder in a shell script",
        "export S='" + _JSON.replace('"b"', '"${B}"') + "'\n"),
    row("template, references",
        _template("a: {{ .a | b64enc }}\nb: '{{ $x.y }}'\nc: \"{{ c }}\"\n")),
    row("template, include", _template('a: {{ include "x.password" . | b64enc | quote }}\n')),
    row("template, include in quotes", _template('a: "{{ include "x.password" . }}"\n')),
    row("template, required", _template('a: {{ required "set a" .Values.a | b64enc }}\n')),
    row("template, index", _template('a: {{ index .Values "a" "b-c" | b64enc }}\n')),
    row("template, lookup", _template('a: {{ (lookup "v1" "Secret" .ns "x").data.a }}\n')),
    row("template, file", _template('a: {{ .Files.Get "a.enc" | b64enc }}\n')),
    row("template, generator", _template("a: {{ randAlphaNum 32 | b64enc }}\n")),
    row("template, empty default", _template('a: {{ .a | default "" | b64enc }}\n')),
    row("template, generated default", _template("a: {{ .a | default (randAlphaNum 9) }}\n")),
    row("template, comment behind", _template("a: {{ .a }} # from the values\n")),
    row("template, loop", _template(
        "{{- range $k, $v := .s }}\n{{ $k }}: {{ $v | b64enc }}\n{{- end }}\n")),
    row("template, toYaml", f"{_IF}{_HEAD}data:\n  {{{{- toYaml .s | nindent 2 }}}}\n{_END}"),
    row("template, toYaml behind", f"{_IF}{_HEAD}data: {{{{- toYaml .s | nindent 2 }}}}\n{_END}"),
    row("template, block scalar", _template("a: |\n  {{ .a }}\n")),
    row("template, folded scalar", _template("a: >-\n  {{ .a }}\n")),
    row("template, nothing", _template("a: ''\nb: \"\"\nc:\nd: null\ne: ~\nf: {}\n")),
    row("template, sealed", _template(f"a: {SEALED}\n")),
    row("template, shell placeholder", _template("a: ${A}\nb: <path:x#y>\n")),
    row("template, comments only", _template("# a: ${A}\n{{/* c: d */}}\n")),
    row("template, no data", f"{_IF}{_HEAD}type: Opaque\n{_END}"),
    row("template, empty data", f"{_IF}{_HEAD}data: {{}}\nstringData: null\n{_END}"),
    row("template, another group", f"{_IF}{_OBJECT.replace('v1', 'x.io/v1')}{_END}"),
    row("template of a Deployment", f"{_IF}kind: Deployment\nspec:\n  env:\n  - valueFrom:\n"
        f"      secretKeyRef: {{name: {{{{ .secret }}}}, key: data}}\n{_END}"),
    row("template of a ConfigMap", f"{_IF}kind: ConfigMap # no Secret\ndata:\n  a: b\n{_END}"),
    row("template of a SealedSecret", f"{_IF}kind: SealedSecret\nspec:\n  encryptedData:\n"
        f"    a: {SEALED}\n{_END}"),
    row("template, ConfigMap in another document", f"{_IF}{_HEAD}type: Opaque\n---\n"
        f"kind: ConfigMap\ndata:\n  a: b\n{_END}"),
    row("ConfigMap as the neighbour in a list", "items:\n{{ x }}\n- kind: Secret\n  type: Opaque\n"
        "- kind: ConfigMap\n  data:\n    a: b\n"),
    row("ConfigMap in another fence", "Text.\n\n```yaml\nkind: Secret\ntype: Opaque\n```\n\n"
        "```yaml\nkind: ConfigMap\ndata:\n  a: b\n```\n"),
    row("ConfigMap in another heredoc", "cat <<EOF\nkind: Secret\ntype: Opaque\nEOF\n"
        "cat <<EOF\nkind: ConfigMap\ndata:\n  a: b\nEOF\n"),
    row("heredoc, empty value", "cat <<'END'\nkind: Secret\ndata:\n  a:\nEND\nsome more words\n"),
    row("SOPS with a conflict", f"{_HEAD}stringData:\n<<<<<<< HEAD\n  a: {TOKEN}\n=======\n"
        f"  a: {TOKEN}\n>>>>>>> x\nsops:\n  mac: {TOKEN}\n"),
    row("template, lone action as a block", _template(
        "{{- with .x }}\na: |\n  {{- tpl . $ | nindent 4 }}\n{{- end }}\nb: {{ .b | quote }}\n")),
    row("template, action on three lines",
        _template('a: {{ include "x"\n    (dict "key" "password"\n    "context" $) }}\n')),
    row("template, condition on a line", _template(
        "a: {{ if .a }}{{ .a | b64enc }}{{ else }}{{ randAlphaNum 9 | b64enc }}{{ end }}\n")),
    row("template, variable", _template(
        '{{- $a := "" }}\n{{- $b := .Values.b | default (randAlphaNum 9) }}\na: {{ $b }}\n')),
    row("template, comment on lines", _template("{{- /*\nb: hunter2\n*/ -}}\na: {{ .a }}\n")),
    row("template, printed references", _template(
        'a: {{ printf "%s:%s" .u .p | b64enc }}\n'
        'b: "x://{{ .u }}:{{ .p }}@{{ .h }}:80/{{ .d }}"\n')),
    row("Jinja, lookup", _template("a: {{ lookup('env', 'A') | b64encode }}\n")),
    row("kind of another thing in a program",
        "const x = [\n  { kind: 'secret', data: { label: 'x' } },\n];\n"
        "type K = 'secret' | 'text';\n"),
    row("Rust, a ConfigMap before it", 'json!({"kind": "ConfigMap", "data": {"a": "b"}})\n\n'
        'fn s() { json!({"kind": "Secret", "data": {"a": encode(value)}}) }\n'),
    row("echo, filled in by the shell",
        f'echo "\n{_OBJECT.replace("a: b", "a: $A")}  b: $(cat b | base64)" | apply\n'),
    row("Rust, filled in by the program",
        f'let x = format!(r#"\n{_OBJECT.replace("a: b", "a: {a}")}"#, a = a);\n'),
    row("Ruby, filled in by the program",
        'x = <<~YAML\n  kind: Secret\n  stringData:\n    a: "#{a}"\nYAML\n'),
    row("Kotlin, filled in by the program",
        f'val x = """\n{_OBJECT.replace("a: b", "a: $a")}""".trimIndent()\n'),
    row("template, frame around references", _template(
        "a: |\n  db:\n    user: {{ .u }}\n    password: {{ .p }}\nb: '{\"x\": \"{{ .x }}\"}'\n")),
    row("template, certificates", _template(
        'tls.crt: {{ $c.Cert | b64enc }}\ntls.key: {{ b64enc $c.Key }}\n'
        '{{- $d := genSignedCert "svc" nil (list "svc") 365 $ca }}\nx: {{ $d.Key | b64enc }}\n')),
    row("heredoc of another kind", "cat <<EOF\nkind: ConfigMap\ndata:\n  a: secret\nEOF\nx\n"),
    row("heredoc of another group",
        "cat <<EOF\napiVersion: x.io/v1\nkind: Secret\ndata:\n  a: YQ==\nEOF\n"),
    row("shift to the left", "x = 1 << y\nkind = 'Secret'\ndata = {}\ny\n"),
    row("template literal of another kind", "x = `kind: ConfigMap\ndata:\n  secret: b\n`;\n"),
    row("template literals beside", "x = `kind: Secret`;\ny = `data:\n  a: b\n`;\n"),
    row("docstring about it",
        'def f():\n    """A Secret.\n\n    data: what is in it\n    """\n'),
    row("message with a line end", 'print("kind: Secret\\nhas no data: " + x)\n'),
    row("fence of another kind", "Text: a\n\n```\nkind: Pod\n```\n\nA Secret has data.\n"),
    row("fence with a reference",
        "Text: a.\n\n```\nkind: Secret\ndata:\n  a: ${A}\n```\n\nMore: b: c\n"),
    row("heredoc, filled in by the shell", "cat <<EOF\nkind: Secret\nstringData:\n  a: $A\n"
        '  b: "$(pass b)"\n  c: ${C:?set it}\n  d: `cat d | base64 -w0`\n  e: ${E:-$F}\n'
        "  f: $(echo -n \"$F\" | base64)\n  g: $(printf '%s' \"$G\" | base64)\nEOF\n"),
    row("template literal, filled in by the program", "x = `kind: Secret\nstringData:\n  a: ${a}\n"
        "  b: ${Buffer.from(process.env.B).toString('base64')}\n  c: ${x['y']('z')}\n`;\n"),
    row("Python, filled in by the program", 'x = f"""\nkind: Secret\nstringData:\n  a: {a}\n'
        '  b: {b.encode("x")}\n  c: %s\n  d: %(d)s\n"""\n'),
    row("string with escapes, filled in", 'x = "kind: Secret\\nstringData:\\n  a: %s\\n"\n'),
    row("prose", 'Use kind: Secret, or data: {a: b}; "kind: Secret" is {what you need.\n'),
    row("Python", 'body = {"kind": "Secret", "data": {"a": value, "b": encode(text)}}\n'
        'body["data"] = {k: v for k, v in data.items()}\n'),
    row("TypeScript", "const s = {\n  kind: 'Secret',\n"
        "  data: {\n    a: Buffer.from(x),\n  },\n};\n"),
    row("Go, a manifest in a field", "x := T{\n\t\tdata: `\nkind: Secret\nname: x\n`,\n}\n"),
    row("Python, a manifest in a field", 'x = {\n  data: """\nkind: Secret\nname: x\n"""\n}\n'),
    row("Go, a map", '"kind": "Secret"\n"data": map[string]any{\n\t"a": "",\n},\n'),
    row("Go", 'x := Secret{TypeMeta: {Kind: "Secret"}, Data: map[string][]byte{"a": value}}\n'),
    row("JSON with comments, references",
        '{ // x\n "kind": "Secret", "data": {"a": "${A}", "b": ""}}'),
    row("JSON, broken, another group", '{"apiVersion":"x.io/v1","kind":"Secret","data":{"a":"b"}'),
    row("JSON, broken, no data", '{"kind":"Secret","metadata":{"name":"data"}'),
    row("JSON, broken, a template", '{"kind":"Secret","data":{"a":{{ .a }}}'),
    row("broken ConfigMap", "kind: ConfigMap\ndata:\n\tsecret: b\n"),
    row("broken reference", "kind: Pod\nspec: {a: [}\nref: {kind: Secret, name: data}\n"),
    row("diff", "--- a\n+++ b\n@@ -1 +1 @@\n-kind: Secret\n+kind: ConfigMap\n data: {\n"),
    row("SQL", "INSERT INTO x VALUES ('kind: Secret', 'data: a');\n{\n"),
    row("log", "2026: kind: Secret data: {a\n\tat x\n"),
    row("RBAC in a template", f"{_IF}kind: Role\nrules:\n- resources: [secret, data]\n{_END}"),
    row("TypeScript, an interface", "export interface S {\n  kind: 'Secret';\n  data: {\n"
        "    username: string;\n    'tls.key': string;\n  };\n}\n"),
    row("TypeScript without semicolons", "interface S {\n  kind: 'Secret'\n  data: {\n"
        "    a: string\n    'b': string\n  }\n}\n"),
    row("TypeScript, one text", "interface S {\n  kind: 'Secret';\n  data: string;\n}\n"),
    row("TypeScript, any key",
        "interface S {\n  kind: 'Secret'\n  data: { [key: string]: string }\n}\n"),
    row("TypeScript, a record", "interface S {\n  kind: 'Secret';\n"
        "  data: Record<'a' | 'b', string>;\n  stringData: Record<string, string>\n}\n"),
    row("TypeScript, keys in quotes",
        "type S = {\n  kind: 'Secret'\n  data: { 'tls.crt': string; 'tls.key': string }\n}\n"),
    row("CUE, a schema", 'x: {\n\tkind: "Secret"\n\tdata: [string]: string\n'
        '\tstringData: [string]: string\n}\n'),
    row("CUE, references", 'x: {\n\tkind: "Secret"\n\tstringData: {\n\t\ta: _a\n'
        '\t\tb: "\\(_b):\\(_c)"\n\t}\n}\n'),
    row("GraphQL", "type Ref {\n  kind: Secret\n  data: String\n}\n"),
    row("comments before names in a program",
        'x({\n  /* c */ kind: "Secret",\n  data: { a: /* v */ value },\n})\n'),
    row("values of a chart", "secret:\n  kind: Secret2\n  data:\n\ta: b\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_secret_in_text_is_found(case: Row) -> None:
    """No syntax error hides a value."""
    assert found(case.data) == [("SH005", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_text_passes(case: Row) -> None:
    """References, other kinds, programs and prose are no Secrets."""
    assert found(case.data) == []


@pytest.mark.parametrize(
    "text",
    [
        "stringData: [string]: string",
        "stringData: {\n\tpassword: _password\n}",
        'stringData: password: "\\(_password)"',
    ],
)
def test_scan_cue_without_braces_around_passes(text: str) -> None:
    """In a file of CUE a bare word is a reference or a type; quoted text is a value."""
    head = 'package k\n\nkind: "Secret"\n'
    assert found(f"{head}{text}\n".encode(), "secret.cue") == []
    assert found(f'{head}stringData: {{\n\ta: "hunter2"\n}}\n'.encode(), "secret.cue") != []


def test_scan_yaml_in_a_file_named_like_cue_is_found() -> None:
    """Whose kind has no quotes is no CUE."""
    assert found(f"{_IF}{_OBJECT}{_END}".encode(), "secret.cue") == [("SH005", "a")]


def test_tables_are_balanced() -> None:
    """As many files must pass as must be found."""
    assert len(MUST_PASS) >= len(MUST_FIND)


def test_finding_in_text_says_where_and_whose() -> None:
    """Line, column, object and length are known without a parser."""
    (finding,) = findings(_template("user: {{ .user }}\npassword: hunter2\n").encode())
    assert (finding.line, finding.column) == (9, 3)
    assert (finding.namespace, finding.name, finding.key) == ("shop", "db", "password")
    assert finding.length == len("hunter2")


def test_scan_data_out_of_place_is_undecided() -> None:
    """Where the indentation leaves open what belongs together, nobody takes it for clean."""
    answer = scan("a.yaml", b"  kind: Secret\n stringData:\n   a: b\n")
    assert answer.findings == ()
    assert [(place.line, place.column) for place in answer.undecided] == [(1, 3)]


@pytest.mark.parametrize("word", ["hunter2", "hunter2: x", "x: hunter2", "- hunter2", "? hunter2"])
def test_finding_in_text_quotes_no_content_as_a_key(word: str) -> None:
    """A line of a value that looks like a key is not shown as one."""
    text = f"{_HEAD}stringData:\n  a: |\n  {word}\n\t{word}\n    {word}\n"
    assert found(text.encode()) == [("SH005", "a")]
