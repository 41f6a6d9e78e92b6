"""Files that every installation must refuse, and files that every installation must pass."""

from tests.detect.table import SEALED, STANZA, TOKEN

_SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {payload1: hunter2}\n"

REFUSED = {
    "plain.yaml": _SECRET.encode(),
    "list": b"""\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: db}
  data: {payload1: aHVudGVyMg==}
""",
    "secret.json": b'{"kind":"Secret","metadata":{"name":"db"},"data":{"payload1":"aHVudGVyMg=="}}',
    "utf-16.txt": _SECRET.encode("utf-16"),
    "deploy.ts": b"""\
const manifest = `
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  payload1: hunter2
`;
await apply(manifest);
""",
}

PASSED = {
    "deployment.yaml": b"""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: db}
spec:
  template:
    spec:
      containers:
      - name: db
        env:
        - {name: PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}
""",
    "configmap.yaml": b"""\
apiVersion: v1
kind: ConfigMap
metadata: {name: db}
data: {secret: none}
""",
    "role.yaml": b"""\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [get]}
""",
    "crd.yaml": b"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: vaults.example.com}
spec:
  group: example.com
  names: {kind: Secret, plural: secrets}
  versions:
  - name: v1
    schema: {openAPIV3Schema: {type: object, properties: {data: {type: object}}}}
""",
    "external.yaml": b"""\
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec:
  target: {name: db}
  data:
  - {secretKey: password, remoteRef: {key: db, property: password}}
""",
    "sealed.yaml": f"""\
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {{name: db, namespace: shop}}
spec:
  encryptedData: {{password: {SEALED}}}
""".encode(),
    "sops.yaml": f"""\
apiVersion: v1
kind: Secret
metadata: {{name: db}}
stringData: {{password: "{TOKEN}"}}
{STANZA}""".encode(),
    "token.yaml": b"""\
apiVersion: v1
kind: Secret
metadata:
  name: robot
  annotations: {kubernetes.io/service-account.name: robot}
type: kubernetes.io/service-account-token
""",
    "templates/secret.yaml": b"""\
{{- if .Values.enabled }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "chart.name" . }}
data:
  password: {{ .Values.password | b64enc | quote }}
{{- end }}
""",
    "kustomization.yaml": b"""\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [sealed.yaml]
configMapGenerator:
- {name: settings, literals: [secret=none]}
""",
}
