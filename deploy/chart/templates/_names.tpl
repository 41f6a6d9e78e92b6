{{/* Names, labels and other parts of metadata. */}}

{{- define "sealed-secrets.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "sealed-secrets.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What the names of roles begin with: those of the original's manifests leave "-controller" out. */}}
{{- define "sealed-secrets.prefix" -}}
{{- include "sealed-secrets.fullname" . | trimSuffix "-controller" -}}
{{- end -}}

{{/*
What the names of further ClusterRoles and their bindings begin with: a release that calls its ClusterRole
otherwise than the others gets names of its own for all that has no namespace.
*/}}
{{- define "sealed-secrets.clusterPrefix" -}}
{{- $isOwn := ne .Values.rbac.clusterRoleName "secrets-unsealer" -}}
{{- ternary .Values.rbac.clusterRoleName (include "sealed-secrets.prefix" .) $isOwn -}}
{{- end -}}

{{/* The binding of the first ClusterRole, which the original's chart calls as the controller. */}}
{{- define "sealed-secrets.clusterBinding" -}}
{{- $prefix := include "sealed-secrets.clusterPrefix" . -}}
{{- ternary (include "sealed-secrets.fullname" .) $prefix (eq $prefix (include "sealed-secrets.prefix" .)) -}}
{{- end -}}

{{/* The Service of the metrics: a Service's name has 63 characters at most. */}}
{{- define "sealed-secrets.metricsName" -}}
{{- include "sealed-secrets.fullname" . | trunc 55 | trimSuffix "-" | printf "%s-metrics" -}}
{{- end -}}

{{- define "sealed-secrets.namespace" -}}
{{- default .Release.Namespace .Values.namespace -}}
{{- end -}}

{{- define "sealed-secrets.serviceAccountName" -}}
{{- $ifNone := ternary (include "sealed-secrets.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $ifNone .Values.serviceAccount.name -}}
{{- end -}}

{{/* A value as YAML, with the template expressions in it evaluated. */}}
{{- define "sealed-secrets.render" -}}
{{- tpl (kindIs "string" .value | ternary .value (toYaml .value)) .context -}}
{{- end -}}

{{/* A map whose values are texts: labels and annotations that YAML has read as numbers or truth values. */}}
{{- define "sealed-secrets.strings" -}}
{{- $strings := dict -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $strings = set $strings $key (include "sealed-secrets.text" $value) -}}
{{- end -}}
{{- end -}}
{{- toYaml $strings -}}
{{- end -}}

{{/* How Deployment and Services find the Pods. A Deployment can never change it. */}}
{{- define "sealed-secrets.matchLabels" -}}
{{- if .Values.selectorLabels -}}
{{- include "sealed-secrets.strings" .Values.selectorLabels -}}
{{- else -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/name: {{ include "sealed-secrets.name" . }}
{{- end -}}
{{- end -}}

{{/*
name, namespace, labels and annotations of an object. Takes a dict: context, name; and where they are
wanted namespace, labels, annotations. The labels by which objects find each other win over anybody's.
*/}}
{{- define "sealed-secrets.metadata" -}}
{{- $context := .context -}}
{{- $render := dict "context" $context -}}
{{- $commonLabels := default dict $context.Values.commonLabels | set $render "value" | include "sealed-secrets.render" | fromYaml -}}
{{- $commonAnnotations := default dict $context.Values.commonAnnotations | set $render "value" | include "sealed-secrets.render" | fromYaml -}}
{{- $match := include "sealed-secrets.matchLabels" $context | fromYaml -}}
{{- $labels := dict
  "app.kubernetes.io/instance" $context.Release.Name
  "app.kubernetes.io/managed-by" $context.Release.Service
  "app.kubernetes.io/name" (include "sealed-secrets.name" $context)
  "app.kubernetes.io/part-of" "sealed-secrets"
  "app.kubernetes.io/version" $context.Chart.AppVersion
  "helm.sh/chart" (printf "%s-%s" $context.Chart.Name $context.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- $annotations := mergeOverwrite $commonAnnotations (default dict .annotations) -}}
name: {{ .name }}
{{- with .namespace }}
namespace: {{ . }}
{{- end }}
labels:
  {{- mergeOverwrite $labels $commonLabels (default dict .labels) $match | include "sealed-secrets.strings" | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- include "sealed-secrets.strings" . | nindent 2 }}
{{- end }}
{{- end -}}
