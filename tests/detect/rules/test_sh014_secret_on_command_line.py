"""SH014: literals of commands that create Secrets are found wherever the command stands."""

import pytest

from tests.detect.table import Row, findings, found, name_of, row

_CREATE = "kubectl create secret generic db"
_REGISTRY = "kubectl create secret docker-registry reg --docker-username=u"
_BARE = ", ".join(_CREATE.split())


def _list(*words: str) -> str:
    return ", ".join(f'"{word}"' for word in (*_CREATE.split(), *words))


MUST_FIND = [
    row("plain", f"{_CREATE} --from-literal=a=hunter2\n", "a"),
    row("as two words", f"{_CREATE} --from-literal a=hunter2\n", "a"),
    row("word in single quotes", f"{_CREATE} --from-literal='a=hunter2'\n", "a"),
    row("word in double quotes", f'{_CREATE} --from-literal="a=hunter2"\n', "a"),
    row("option in quotes", f'{_CREATE} "--from-literal=a=hunter2"\n', "a"),
    row("value in quotes", f"{_CREATE} --from-literal=a='hunter 2' -n shop\n", "a"),
    row("two, one of the environment", f"{_CREATE} --from-literal=a=$A --from-literal=b=y\n", "b"),
    row("default", f"{_CREATE} --from-literal=a=${{A:-hunter2}}\n", "a"),
    row("printed", f"{_CREATE} --from-literal=a=$(echo hunter2 | base64)\n", "a"),
    row("text around", f"{_CREATE} --from-literal=a=x-$A\n", "a"),
    row("address with a password", f"{_CREATE} --from-literal=a='x://$U:hunter2@$H:1/$D'\n", "a"),
    row("example in quotes", f"{_CREATE} --from-literal=a='<password>'\n", "a"),
    row("continued lines", f"{_CREATE} \\\n  --from-literal=a=b \\\n  -n x\n", "a"),
    row("OpenShift", "oc create secret generic db --from-literal=a=b\n", "a"),
    row("options before the words", "kubectl -n x create -o yaml secret generic db "
        "--from-literal=a=b\n", "a"),
    row("sealed at once", f"{_CREATE} --from-literal=a=b --dry-run=client -o yaml | seal\n", "a"),
    row("behind another command", f"cd x && {_CREATE} --from-literal=a=b; exit\n", "a"),
    row("registry", f"{_REGISTRY} --docker-password=hunter2\n", ".dockerconfigjson"),
    row("registry, as two words", f"{_REGISTRY} --docker-password 'x'\n", ".dockerconfigjson"),
    row("piped into it", f"echo -n hunter2 | {_CREATE} --from-file=a=/dev/stdin\n", "a"),
    row("Makefile", f"x:\n\t{_CREATE} --from-literal=a=b --from-literal=c=$(C)\n", "a"),
    row("Dockerfile", f"FROM x\nRUN {_CREATE} --from-literal=a=b\n", "a"),
    row("workflow", f"steps:\n- run: {_CREATE} --from-literal=a=b\n", "a"),
    row("workflow, block", f"steps:\n- run: |\n    {_CREATE} \\\n      --from-literal=a=b\n    x\n",
        "a"),
    row("workflow, folded", f"run: >\n  {_CREATE}\n  --from-literal=a=b\n  -n x\n", "a"),
    row("list in YAML", "command:\n- " + "\n- ".join(_CREATE.split())
        + "\n- --from-literal=a=b\n- --from-literal\n- c=d\n- $(X)\n", "a", "c"),
    row("list in JSON", f'{{"args": [{_list("--from-literal=a=b")}]}}\n', "a"),
    row("list in a program", f"run([{_list('--from-literal=a=b', '--from-literal=c=%s')}])\n", "a"),
    row("list with a name", f'run([{_list()}, name, "--from-literal=a=b"])\n', "a"),
    row("string in JSON", f'{{"run": "{_CREATE} --from-literal=a=\\"b\\"\\nx"}}\n', "a"),
    row("continued in JSON", f'{{"run": "{_CREATE} \\\\\\n  --from-literal=a=b"}}\n', "a"),
    row("string of a program", f'sh("{_CREATE} --from-literal=b=c --from-literal=a=" + a)\n', "b"),
    row("inline code", f"Run `{_CREATE} --from-literal=a=b` now.\n", "a"),
    row("UTF-16", f"{_CREATE} --from-literal=a=b\n".encode("utf-16"), "a"),
    row("CRLF", f"{_CREATE} \\\r\n  --from-literal=a=b\r\n", "a"),
    row("patch", """kubectl patch secret db -p '{"stringData":{"a":"b","c":"${C}"}}'\n""", "a"),
    row("patch on two lines",
        """kubectl -n x patch secret/db \\\n  --patch='{"data":{"a":"YQ=="}}'\n""", "a"),
    row("patch in double quotes",
        """kubectl patch secret db -p "{\\"stringData\\":{\\"a\\":\\"b\\"}}"\n""", "a"),
    row("PowerShell", f"{_CREATE} --from-literal=a=b --from-literal=c=$env:C\r\n", "a"),
    row("PowerShell, continued", f"{_CREATE} `\r\n  --from-literal=a=b `\r\n  -n x\r\n", "a"),
    row("bare list", f"command: [{_BARE}, --from-literal=a=b, --from-literal=c=$(C)]\n", "a"),
    row("bare list without blanks",
        f"argv: [{_BARE.replace(' ', '')},--from-literal=a=b]\n", "a"),
    row("bare list on lines", f"command: [\n  {_BARE},\n  --from-literal=a=b,\n]\n", "a"),
    row("split before the words",
        "command: [kubectl]\nargs: [create, secret, generic, db, --from-literal=a=b]\n", "a"),
    row("split behind the words",
        "command: [kubectl, create, secret]\nargs: [generic, db, --from-literal=a=b]\n", "a"),
    row("split before the options",
        f'command: [{_list()}]\nargs: ["--from-literal=a=b"]\n', "a"),
    row("split in a block", "command:\n- kubectl\n- create\n- secret\n- generic\n- db\nargs:\n"
        "- --from-literal=a=b\n", "a"),
    row("split in JSON",
        f'{{"command": [{_list()}], "args": ["--from-literal=a=b"]}}\n', "a"),
    row("patch of options in between",
        """kubectl patch --type merge secret db -p '{"data":{"a":"YQ=="}}'\n""", "a"),
    row("patch by operations", """kubectl patch secret db --type=json -p '[{"op":"add","path":"""
        """"/data/a","value":"hunter2"}]'\n""", "a"),
    row("patch of literals by operations", """oc patch secret/db --type json --patch "[{\\"op\\":"""
        """\\"add\\",\\"path\\":\\"/data/a\\",\\"value\\":\\"$(echo x | base64)\\"}]"\n""", "a"),
    row("patch in YAML", "kubectl patch secret db -p 'stringData:\n  a: b\n'\n", "a"),
    row("set of OpenShift", "oc set data secret/db a=b c=$C -n x\n", "a"),
    row("set of OpenShift, as two words", "oc set data secret db -n x --from-literal=a=b c=d\n",
        "a", "c"),
    row("edit of a kustomization", "kustomize edit add secret db --from-literal=a=b\n", "a"),
]  # fmt: skip

MUST_PASS = [
    row("environment", f"{_CREATE} --from-literal=a=$A --from-literal=b=${{B}}\n"),
    row("environment in quotes", f'{_CREATE} --from-literal=a="$A" --from-literal="b=${{B}}"\n'),
    row("argument", f'{_CREATE} --from-literal=a="$1" --from-literal b=$2\n'),
    row("default of the environment", f"{_CREATE} --from-literal=a=${{A:-$B}}\n"),
    row("message where it is missing", f"{_CREATE} --from-literal=a=${{A:?set it}}\n"),
    row("command", f"{_CREATE} --from-literal=a=$(cat x) --from-literal=b=`pass y`\n"),
    row("command in quotes", f'{_CREATE} --from-literal=a="$(openssl rand -base64 32)" -o yaml\n'),
    row("encoded from the environment", f'{_CREATE} --from-literal=a="$(echo -n "$A" | base64)"\n'),
    row("several of the environment", f'{_CREATE} --from-literal=a="$A:$B"\n'),
    row("address of the environment",
        f'{_CREATE} --from-literal=a="postgres://$U:$P@$H:5432/$D" --from-literal=b=$U:$P\n'),
    row("nothing", f'{_CREATE} --from-literal=a= --from-literal=b=""\n'),
    row("example without quotes", f"{_CREATE} --from-literal=a=<password>\n"),
    row("dots", f"{_CREATE} --from-literal=a=...\n"),
    row("file", f"{_CREATE} --from-file=a=b --from-env-file=c --from-file=d\n"),
    row("TLS", "kubectl create secret tls db --cert=data --key=secret.key\n"),
    row("registry", f'{_REGISTRY} --docker-password="$P" --docker-email=x@example.com\n'),
    row("registry, as two words", f"{_REGISTRY} --docker-password $P\n"),
    row("registry, from a file", f"{_REGISTRY} --docker-password=$(cat x)\n"),
    row("Helm", f"{_CREATE} --from-literal=a={{{{ .Values.a }}}}\n"),
    row("Ansible", f'- command: {_CREATE} --from-literal=a="{{{{ a }}}}"\n'),
    row("workflow", f"run: {_CREATE} --from-literal=a=${{{{ secrets.A }}}} --dry-run=client\n"),
    row("Makefile", f"x:\n\t{_CREATE} --from-literal=a=$(A) --from-literal=b=$$B\n"),
    row("Python", f'x = f"{_CREATE} --from-literal=a={{a}} --from-literal=b={{b.c}}"\n'),
    row("Go", f'x := fmt.Sprintf("{_CREATE} --from-literal=a=%s --from-literal=b=%v", a, b)\n'),
    row("Ruby", f'sh "{_CREATE} --from-literal=a=#{{a}}"\n'),
    row("JavaScript", f"sh(`{_CREATE} --from-literal=a=${{process.env.A}}`)\n"),
    row("put together", f'sh("{_CREATE} --from-literal=a=" + a);\nx = "b";\n'),
    row("list in a program", f'run([{_list("--from-literal=a=", "x")}, "b"])\n'),
    row("list of names and formats",
        f'run([{_list()}, name, f"--from-literal=password={{password}}"])\n'),
    row("patch of the environment",
        """kubectl patch secret db -p '{"stringData":{"a":"'"$A"'","b":"${B}"}}'\n"""),
    row("patch of a command", """kubectl patch secret db -p '{"data":{"a":"'"$(cat a)"'"}}'\n"""),
    row("patch in double quotes",
        """kubectl patch secret db -p "{\\"stringData\\":{\\"a\\":\\"$A\\"}}"\n"""),
    row("PowerShell, continued", f"{_CREATE} `\r\n  --from-literal=a=$env:A\r\n"),
    row("bare list", f"command: [{_BARE}, --from-literal=a=$(A), -n, x]\n"),
    row("bare list, split",
        f"command: [{_BARE}]\nargs: [--from-literal=a=$(A), --from-file=b]\n"),
    row("list of arguments behind it", f"command: [{_BARE}]\nenv: [--from-literal=a=b]\n"),
    row("words in a row", "Create secret, generic or not, with --from-literal, and so on.\n"),
    row("patch by operations of the environment", """oc patch secret db --type=json -p '[{"op":"""
        """"add","path":"/data/a","value":"'"$A"'"}]'\n"""),
    row("patch by operations that remove",
        """oc patch secret db --type=json -p '[{"op":"remove","path":"/data/a"}]'\n"""),
    row("patch that names Secrets",
        """kubectl patch sa db -p '{"imagePullSecrets":[{"name":"secret"}],"data":{"a":"b"}}'\n"""),
    row("patch in YAML", "kubectl patch secret db -p 'stringData:\n  a: ${A}\n'\n"),
    row("patch in a file", "kubectl patch secret db --patch-file data.yaml\n"),
    row("set of the environment", 'oc set data secret/db a=$A "b=${B}" -l c=d --from-file e=f\n'),
    row("set of a ConfigMap", "oc set data cm/secret a=b\n"),
    row("edit of a kustomization",
        "kustomize edit add secret db --from-literal=a=$A --from-file=b\n"),
    row("edit for a ConfigMap", "kustomize edit add configmap secret --from-literal=a=b\n"),
    row("patch of labels",
        """kubectl patch secret db -p '{"metadata":{"labels":{"a":"data"}}}'\n"""),
    row("patch of another kind", """kubectl patch cm secret -p '{"data":{"a":"b"}}'\n"""),
    row("patch that deletes", """kubectl patch secret db -p '{"data":{"a":null}}'\n"""),
    row("nothing behind it", "kubectl create secret generic\n--from-literal\n"),
    row("string in JSON", f'{{"run": "{_CREATE} --from-literal=a=$A", "x": "b"}}\n'),
    row("line end in JSON", f'{{"run": "{_CREATE} --from-literal=a=\\"$A\\"\\nkubectl get x"}}\n'),
    row("field of a format", f'"{_CREATE} --from-literal=a={{0}} --from-literal=b={{12}}"\n'),
    row("Windows", f"{_CREATE} --from-literal=a=%A%\r\n"),
    row("PowerShell", f"{_CREATE} --from-literal=a=$env:A\r\n"),
    row("ConfigMap", "kubectl create configmap db --from-literal=a=b # no secret\n"),
    row("ConfigMap behind it",
        f"{_CREATE} --from-file=x\nkubectl create cm y --from-literal=a=b\n"),
    row("another command behind it", f"{_CREATE}; echo --from-literal=a=b\n"),
    row("not created", "kubectl get secret generic --from-literal=a=b\n"),
    row("usage", f"{_CREATE} NAME [--from-file=[key=]source] [--from-literal=key1=value1]\n"),
    row("prose", "The option --from-literal=a=b of `create secret` takes a value.\n"),
    row("piped into it", f"echo -n $A | {_CREATE} --from-file=a=/dev/stdin\n"),
    row("piped from a file", f"cat secret | {_CREATE} --from-file=a=/dev/stdin\n"),
]  # fmt: skip


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_literal_of_a_command_is_found(case: Row) -> None:
    """A value in a command is as readable as one in a manifest."""
    assert found(case.data) == [("SH014", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_harmless_command_passes(case: Row) -> None:
    """What comes from the environment, a file or another command is no literal."""
    assert found(case.data) == []


def test_finding_on_a_command_line_says_where_and_whose() -> None:
    """The place is that of the value; the object is the one that the command would create."""
    (finding,) = findings(f"\n{_CREATE} -n shop \\\n  --from-literal=a='hunter2'\n".encode())
    assert (finding.line, finding.column, finding.length) == (3, 20, 7)
    assert (finding.namespace, finding.name, finding.key) == ("shop", "db", "a")


@pytest.mark.parametrize(
    ("words", "namespace", "name"),
    [
        ("db --from-literal=a=b -n shop", "shop", "db"),
        ("--dry-run --save-config -n shop -o yaml db --from-literal=a=b", "shop", "db"),
        ("--namespace=shop --from-file=x db --from-literal=a=b", "shop", "db"),
        ("--docker-username bob --docker-password hunter2 db", "", ""),
        ("--docker-password=my hunter2 -o yaml db", "", "db"),
        ("--docker-password my long hunter2", "", ""),
        ("--docker-password -n hunter2 --from-literal=a=b", "", ""),
        ("--namespace --docker-password hunter2 --from-literal=a=b", "", ""),
        ("--password hunter2 --from-literal=a=b", "", ""),
        ("-password hunter2 --from-literal=a=b", "", ""),
        ("--from-literal password hunter2 --from-literal=a=b", "", ""),
    ],
)
def test_finding_on_a_command_line_never_names_a_value(
    words: str, namespace: str, name: str
) -> None:
    """A word that may be the value of an option is no name, wherever it stands."""
    for type_ in ("generic", "docker-registry"):
        seen = findings(f"kubectl create secret {type_} {words}\n".encode(), "a.sh")
        assert {(each.namespace, each.name) for each in seen} == {(namespace, name)}


def test_literal_that_ends_as_base64_does_has_no_key() -> None:
    """What stands in front of the signs of equality is the value."""
    line = "kubectl create secret generic db --from-literal=aHVudGVyMg== --from-literal 'YQ=='\n"
    assert found(line.encode()) == [("SH014", ""), ("SH014", "")]
