"""For each rule, files that provoke it, and close relatives that do not.

In texts `@` stands for a sealed value; `§` is put in front of what the finding points to.
"""

from dataclasses import dataclass, field

from sealer.policy import Destination
from sealer.sealing.hints import SEALING_KEYS, write_hints
from tests.support.objects import workload
from tests.support.sealed import blob, manifest

VALUE = blob(12)
MARK = "§"
# What the policy says of every file here; `theirs` is the key of another cluster.
DESTINATION = Destination("prod", {"theirs": "test"})


@dataclass(frozen=True)
class Case:
    """Files, and what is found in them.

    Attributes:
        rule: The rule's name.
        files: The files by path; the mark stands where the findings of the rule point to.
        harmless: Files, close to these, in which the rule finds nothing.
    """

    rule: str
    files: dict[str, str]
    harmless: dict[str, str] = field(default_factory=dict)


def sealed(
    *,
    items: str = "{password: @}",
    metadata: str = "{name: db, namespace: shop}",
    template: str = "{}",
    more: str = "",
) -> str:
    """Return a SealedSecret in flow style."""
    return (
        "apiVersion: bitnami.com/v1alpha1\n"
        "kind: SealedSecret\n"
        f"metadata: {metadata}\n"
        "spec:\n"
        f"  encryptedData: {items}\n"
        f"  template: {template}\n"
        f"{more}"
    ).replace("@", VALUE)


def _only(mark: str, names: str) -> str:
    """Return metadata that keeps items out of the Secret."""
    annotations = f"{{sealer.dev/template-only: {mark}'{names}'}}"
    return f"{{name: db, namespace: shop, annotations: {annotations}}}"


def _one(rule: str, text: str, harmless: str = "") -> Case:
    return Case(rule, {"a.yaml": text}, {"a.yaml": harmless} if harmless else {})


def _hinted(hinted: dict[str, str], items: str, mark: str = "", key: str = "abc") -> str:
    hints = write_hints({item: (text, key) for item, text in hinted.items()})
    return sealed(
        metadata=f"{{name: db, namespace: shop, {mark}annotations: {{{SEALING_KEYS}: '{hints}'}}}}",
        items=items,
    )


def _scoped(annotation: str, *, name: str = "db", template: str = "{}") -> str:
    key = "sealedsecrets.bitnami.com/"
    annotations = f"{{{key}{annotation}}}" if annotation else "{}"
    metadata = f"{{name: {name}, namespace: shop, annotations: {annotations}}}"
    return sealed(metadata=metadata, template=template)


def _template(said: str) -> str:
    return f"{{metadata: {{{said}}}}}"


NAMESPACE_WIDE = 'namespace-wide: "true"'
CLUSTER_WIDE = 'cluster-wide: "true"'
_OURS = "sealedsecrets.bitnami.com/"
_BIG = " ".join(["x"] * 140_000)
POD = "containers: [{name: main, env: [{name: A, valueFrom: {secretKeyRef: %s}}]}]"


def _reference(text: str, *, namespace: str = "shop") -> str:
    return workload("Deployment", POD % text, namespace=namespace)


CASES = (
    _one("malformed-object", sealed(items="{password: §1}"), sealed()),
    _one("malformed-object", "apiVersion: v1\nkind: §SealedSecret\n"),
    _one("malformed-object", "kind: §SealedSecret\nspec: {}\n"),
    _one("unknown-field", sealed(more="  §encryptedDate: {}\n"), sealed(more="status: {}\n")),
    _one("unknown-field", sealed(template="{§stringData: {a: b}}")),
    _one("malformed-value", sealed(items="{password: §correct-horse}"), sealed()),
    _one("malformed-value", sealed(items="{password: §AgBy8hCi}")),
    _one("malformed-value", sealed(items="{password: §''}")),
    _one("malformed-value", sealed(items="{}", more="  data: §AgBy8hCi\n")),
    _one(
        "moved-value",
        _hinted({"a": blob(mark="1"), "b": blob(mark="2")}, f"{{a: §{blob(mark='2')}, b: @}}"),
        _hinted({"a": VALUE, "b": blob()}, "{a: @}"),
    ),
    _one(
        "stale-hint",
        _hinted({"a": blob(mark="1")}, "{a: §@}"),
        _hinted({"a": VALUE, "b": blob()}, f"{{a: {blob()}, b: @}}"),
    ),
    _one("stale-hint", _hinted({"a": VALUE, "b": blob()}, "{a: @}", MARK)),
    _one("legacy-data", sealed(items="{}", more="  data: §@\n"), sealed()),
    _one(
        "empty-object",
        sealed(items="{}").replace("encrypted", "§encrypted"),
        sealed(items="{}", more="  data: @\n"),
    ),
    _one(
        "wrong-cluster",
        _hinted({"a": VALUE}, "{a: §@, b: @}", key="theirs"),
        _hinted({"a": VALUE}, "{a: @}", key="an older one"),
    ),
    _one(
        "wrong-cluster",
        _hinted({"a": VALUE}, "{a: §@}", key="theirs"),
        _hinted({"a": blob(mark="1")}, "{a: @}", key="theirs"),
    ),
    _one("missing-name", sealed(metadata="{namespace: shop}").replace("meta", "§meta"), sealed()),
    _one("invalid-name", sealed(metadata="{name: §My_DB, namespace: shop}"), sealed()),
    _one(
        "missing-namespace",
        sealed(metadata="{name: db}").replace("meta", "§meta"),
        sealed(metadata=f"{{name: db, annotations: {{{_OURS}{CLUSTER_WIDE}}}}}"),
    ),
    _one("invalid-namespace", sealed(metadata="{name: db, namespace: §shop.eu}"), sealed()),
    _one(
        "name-mismatch",
        sealed(template=_template("name: §other")),
        _scoped(NAMESPACE_WIDE, template=_template("name: other")),
    ),
    _one(
        "namespace-mismatch",
        sealed(template=_template("namespace: §other")),
        _scoped(CLUSTER_WIDE, template=_template("namespace: other")),
    ),
    _one(
        "scope-mismatch",
        sealed(template=_template(f"§annotations: {{{_OURS}{NAMESPACE_WIDE}}}")),
        _scoped(NAMESPACE_WIDE),
    ),
    _one(
        "two-scopes",
        _scoped(f"{NAMESPACE_WIDE}, {_OURS}{CLUSTER_WIDE}").replace("annot", "§annot"),
        _scoped(f"{NAMESPACE_WIDE}, {_OURS}cluster-wide: 'false'"),
    ),
    _one("scope-without-effect", _scoped("namespace-wide: §'True'"), _scoped(NAMESPACE_WIDE)),
    _one("invalid-item-key", sealed(items="{'pass word': §@}"), sealed(items="{tls.key: @}")),
    _one("invalid-item-key", sealed(items="{..data: §@}")),
    _one(
        "missing-item",
        sealed(template="{type: kubernetes.io/tls}").replace("encrypted", "§encrypted"),
        sealed(template="{type: kubernetes.io/tls, data: {tls.crt: '{{1}}', tls.key: '{{1}}'}}"),
    ),
    _one(
        "missing-item",
        sealed(items="{other: @}", template="{type: kubernetes.io/basic-auth}").replace(
            "encrypted", "§encrypted"
        ),
        sealed(template="{type: kubernetes.io/basic-auth}"),
    ),
    _one(
        "missing-item",
        sealed(template="{type: kubernetes.io/ssh-auth}").replace("encrypted", "§encrypted"),
        sealed(items="{}", template="{type: kubernetes.io/tls}", more="  data: @\n"),
    ),
    _one("token-type", sealed(template="{type: §kubernetes.io/service-account-token}"), sealed()),
    _one(
        "secret-too-large",
        sealed(items=f"{{a: {blob(1024 * 1024)}, b: @}}").replace("encrypted", "§encrypted"),
        sealed(items=f"{{a: {blob(1024 * 1024 - 12)}, b: @}}"),
    ),
    _one("object-too-large", sealed(template=f"{{data: {{a: '{_BIG * 6}{{{{1}}}}'}}}}")),
    _one("large-object", sealed(template=f"{{data: {{a: '{_BIG}{{{{1}}}}'}}}}"), sealed()),
    _one(
        "malformed-template",
        sealed(template="{data: {url: §'{{ .password | base64 }}'}}"),
        sealed(template="{data: {url: '{{ .password | b64enc | printf \"%s\" }}'}}"),
    ),
    _one(
        "malformed-template",
        sealed(template="{data: {a: x, url: §'{{ .password'}}"),
        sealed(template="{data: {url: 'base64 {{/* base64 */}}{{ \"base64\" }}{{ .base64 }}'}}"),
    ),
    _one(
        "malformed-template",
        sealed(template="{data: {url: §'{{ Upper .password }}'}}"),
        sealed(template="{data: {url: '{{ randAlpha 5 }}'}}"),
    ),
    _one(
        "refused-function",
        sealed(template="{data: {a: §'{{ randAlpha 5 }}'}}"),
        sealed(template="{data: {a: '{{ htpasswd .user .password }}'}}"),
    ),
    _one("refused-function", sealed(template="{data: {a: §'{{ env \"HOME\" }}'}}")),
    _one(
        "readable-template",
        sealed(template="{data: {a: §correct-horse}}"),
        sealed(template="{data: {a: '{{ .password }}', b: ''}}"),
    ),
    *(
        _one(
            "template-without-item",
            sealed(template=f"{{data: {{url: §'{text}'}}}}"),
            sealed(template=f"{{data: {{url: '{near}'}}}}"),
        )
        for text, near in (
            ("{{ .passwd }}", "{{ .password }}{{ .url }}"),
            ("a {{- (.passwd) }}", '{{ .passwd | default "a" }}{{ default "a" .passwd }}'),
            ('{{ printf "%s" .passwd }}', "{{ if .passwd }}{{ .passwd }}{{ end }}"),
            ('{{ .passwd | printf "%s" }}', "{{ with .password }}{{ .passwd }}{{ end }}"),
            ('{{ print (printf "%s" .passwd) }}', '{{ index . "passwd" }}{{ $x := .passwd }}'),
            (
                "{{ if 1 }}{{ end }}{{ .passwd }}",
                '{{ print (or .passwd "a") }}{{ .passwd | empty }}',
            ),
            ("{{ .passwd }}", '{{ range list 1 }}{{ .passwd }}{{ end }}{{ (dict "a" 1).passwd }}'),
            ("{{ .passwd }}", '{{ define "x" }}{{ .passwd }}{{ end }}{{ template "x" (dict) }}'),
            ("{{ .passwd }}", "{{ coalesce .passwd .password }}"),
            ('{{ printf "a%s" .passwd }}', '{{ printf "%[2]s" .passwd .password }}'),
            ("{{ print .passwd }}", "{{ printf .password .passwd }}"),
        )
    ),
    _one(
        "template-without-item",
        sealed(template="{data: {url: §'{{ .passwd }}'}}"),
        sealed(items="{}", template="{data: {url: '{{ .password }}'}}"),
    ),
    _one(
        "shadowed-template",
        sealed(template="{data: {password: §'{{ .password }}'}}"),
        sealed(template="{data: {other: '{{ .password }}'}}"),
    ),
    _one(
        "shadowed-template",
        sealed(template="{data: {password: §'{{ .password }}'}}"),
        sealed(metadata=_only("", "password"), template="{data: {password: '{{ .password }}'}}"),
    ),
    _one(
        "missing-item",
        sealed(
            metadata=_only("", "password"),
            template="{type: kubernetes.io/basic-auth, data: {url: '{{ .password }}'}}",
        ).replace("encrypted", "§encrypted"),
        sealed(
            metadata=_only("", "password"),
            template="{type: kubernetes.io/basic-auth, data: {password: '{{ .password }}'}}",
        ),
    ),
    _one(
        "copied-manifest",
        sealed(
            template=_template(
                "annotations: {kubectl.kubernetes.io/last-applied-configuration: §x}"
            )
        ),
        sealed(template=_template("annotations: {kubectl.kubernetes.io/default: x}")),
    ),
    _one(
        "replicated-secret",
        sealed(template=_template("annotations: {replicator.v1.mittwald.de/replicate-to: §'.*'}")),
        sealed(template=_template("annotations: {example.com/replicate-to: '.*'}")),
    ),
    _one(
        "template-only-without-effect",
        sealed(metadata=_only("§", "pasword"), template="{data: {url: '{{ .password }}'}}"),
        sealed(metadata=_only("", "password"), template="{data: {url: '{{ .password }}'}}"),
    ),
    _one(
        "template-only-without-effect",
        sealed(metadata=_only("§", "password")),
        sealed(metadata=_only("", " ,")),
    ),
    _one(
        "readable-secret",
        "kind: Secret\napiVersion: v1\nmetadata: {name: a}\nstringData: {a: §correct-horse}\n",
        "kind: Secret\napiVersion: v1\nmetadata: {name: a}\nstringData: {}\n",
    ),
    _one(
        "hook-warning",
        "kind: ConfigMap\nmetadata: {name: a}\n§# sealer:allow SH001 nothing is here\ndata: {}\n",
        "kind: ConfigMap\nmetadata: {name: a}\n# sealer:allows is another word\ndata: {}\n",
    ),
    Case(
        "no-such-secret",
        {"a.yaml": sealed(), "b/c.yaml": _reference("{name: §dbb, key: password}")},
        {
            "a.yaml": sealed(),
            "b/c.yaml": _reference("{name: db, key: password}"),
            "d.yaml": _reference("{name: x, key: y, optional: true}"),
            "e.yaml": _reference("{name: x, key: y}", namespace="elsewhere"),
        },
    ),
    Case(
        "no-such-item",
        {"a.yaml": sealed(), "c.yaml": _reference("{name: §db, key: passwort}")},
        {
            "a.yaml": sealed(template="{data: {url: '{{ .password }}'}}"),
            "c.yaml": _reference("{name: db, key: url}"),
            "d.yaml": _reference("{name: db, key: y, optional: true}"),
        },
    ),
    Case(
        "duplicate-object",
        {"a.yaml": sealed(), "b.yaml": "§" + sealed()},
        {
            "a.yaml": sealed(),
            "b.yaml": sealed(metadata="{name: db, namespace: other}"),
            "c.yaml": "kind: Secret\napiVersion: v1\nmetadata: {name: db, namespace: shop}\n",
        },
    ),
    Case(
        "repeated-object",
        {"x/a.yaml": sealed(), "y/a.yaml": "§" + sealed()},
        {"x/a.yaml": sealed(), "y/a.yaml": manifest("other", "shop", password=VALUE)},
    ),
)
