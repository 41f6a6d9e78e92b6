{{/* Where the controller's rights on Secrets and SealedSecrets are given, and to whom. */}}

{{- define "sealed-secrets.hasClusterRoles" -}}
{{- if and .Values.rbac.create .Values.rbac.clusterRole (not .Values.namespaces) -}}true{{- end -}}
{{- end -}}

{{/* Whether ClusterRoles are bound in all namespaces, or in those that the controller looks at. */}}
{{- define "sealed-secrets.isBoundEverywhere" -}}
{{- if and .Values.rbac.clusterRoleBinding (or .Values.allNamespaces .Values.namespaceSelector) -}}true{{- end -}}
{{- end -}}

{{- define "sealed-secrets.hasNamespacedRoles" -}}
{{- if and .Values.rbac.create (or .Values.namespaces (and .Values.rbac.namespacedRoles (not .Values.rbac.clusterRole))) -}}true{{- end -}}
{{- end -}}

{{/* The controller's own namespace and those that are listed, as a YAML list. */}}
{{- define "sealed-secrets.homes" -}}
{{- include "sealed-secrets.namespaces" . | fromYamlArray | concat (list (include "sealed-secrets.namespace" .)) | uniq | toYaml -}}
{{- end -}}

{{/* metadata of a role or binding; a dict as "sealed-secrets.metadata" takes it. */}}
{{- define "sealed-secrets.rbacMetadata" -}}
{{- $labels := dict "value" (default dict .context.Values.rbac.labels) "context" .context | include "sealed-secrets.render" | fromYaml -}}
{{- merge (dict "labels" $labels) . | include "sealed-secrets.metadata" -}}
{{- end -}}

{{/* The controller, as the subject of a binding. */}}
{{- define "sealed-secrets.account" -}}
- kind: ServiceAccount
  name: {{ include "sealed-secrets.serviceAccountName" . }}
  namespace: {{ include "sealed-secrets.namespace" . }}
{{- end -}}

{{/* Subjects as somebody has given them, a list or its text; everybody who can log in when there are none. */}}
{{- define "sealed-secrets.subjects" -}}
{{- if .value -}}
{{- include "sealed-secrets.render" . | trim -}}
{{- else -}}
- apiGroup: rbac.authorization.k8s.io
  kind: Group
  name: system:authenticated
{{- end -}}
{{- end -}}

{{/* A binding. Takes a dict: context, kind, name, namespace, role (kind and name), subjects. */}}
{{- define "sealed-secrets.binding" -}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}
metadata:
  {{- include "sealed-secrets.rbacMetadata" (dict "context" .context "name" .name "namespace" .namespace) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .roleKind }}
  name: {{ .role }}
subjects:
  {{- .subjects | nindent 2 }}
{{- end -}}

{{/*
Give the controller rights where it works: in all namespaces, or in those that the values name. Takes a
dict: context, role (name), clusterRole (its name, where it differs), binding (the name of the cluster's
binding, where it differs), rules.
*/}}
{{- define "sealed-secrets.grant" -}}
{{- $grant := . -}}
{{- $context := .context -}}
{{- $account := include "sealed-secrets.account" $context -}}
{{- $homes := include "sealed-secrets.homes" $context | fromYamlArray -}}
{{- if include "sealed-secrets.hasClusterRoles" $context -}}
{{- $role := default .role .clusterRole -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  {{- include "sealed-secrets.rbacMetadata" (dict "context" $context "name" $role) | nindent 2 }}
rules:
  {{- toYaml .rules | nindent 2 }}
{{- $bound := dict "context" $context "kind" "ClusterRoleBinding" "name" (default $role .binding) "roleKind" "ClusterRole" "role" $role "subjects" $account }}
{{- if include "sealed-secrets.isBoundEverywhere" $context }}
{{ include "sealed-secrets.binding" $bound }}
{{- else }}
{{- /* Not called like the binding of a Role, because an upgrade from one to the other cannot change what is bound. */ -}}
{{- range $homes }}
{{ merge (dict "kind" "RoleBinding" "name" (printf "%s-cluster-role" $role) "namespace" .) $bound | include "sealed-secrets.binding" }}
{{- end }}
{{- end }}
{{- else if include "sealed-secrets.hasNamespacedRoles" $context -}}
{{- range $homes }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "sealed-secrets.rbacMetadata" (dict "context" $context "name" $grant.role "namespace" .) | nindent 2 }}
rules:
  {{- toYaml $grant.rules | nindent 2 }}
{{ include "sealed-secrets.binding" (dict "context" $context "kind" "RoleBinding" "name" $grant.role "namespace" . "roleKind" "Role" "role" $grant.role "subjects" $account) }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* A Role in the controller's own namespace. Takes a dict: context, name, rules (text). */}}
{{- define "sealed-secrets.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "sealed-secrets.rbacMetadata" (dict "context" .context "name" .name "namespace" (include "sealed-secrets.namespace" .context)) | nindent 2 }}
rules:
{{- end -}}

{{/* The binding of such a Role. Takes a dict: context, name, subjects; binding, where its name differs. */}}
{{- define "sealed-secrets.roleBinding" -}}
{{- dict "kind" "RoleBinding" "roleKind" "Role" "role" .name "name" (default .name .binding) "namespace" (include "sealed-secrets.namespace" .context) "context" .context "subjects" .subjects | include "sealed-secrets.binding" -}}
{{- end -}}

{{/* The names by which clients ask the service proxy for the API. */}}
{{- define "sealed-secrets.proxies" -}}
{{- $name := include "sealed-secrets.fullname" . -}}
# As kubeseal names a Service whose port has no name, whose port is called http, and by itself.
resourceNames:
  - "http:{{ $name }}:"
  - http:{{ $name }}:{{ default "http" .Values.service.portName }}
  - {{ $name }}
{{- end -}}
