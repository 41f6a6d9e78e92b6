{{/* metadata of an object for the monitoring. Takes a dict: context, name, values; labels where it has its own. */}}
{{- define "sealed-secrets.monitoringMetadata" -}}
{{- $namespace := default (include "sealed-secrets.namespace" .context) .values.namespace -}}
{{- $labels := default dict .labels | mergeOverwrite (dict) (default dict .values.labels) -}}
{{- include "sealed-secrets.metadata" (dict "context" .context "name" .name "namespace" $namespace "labels" $labels "annotations" .values.annotations) -}}
{{- end -}}

{{/* How a monitor scrapes, which is the same for Services and Pods. */}}
{{- define "sealed-secrets.endpoint" -}}
- port: metrics
  honorLabels: {{ .honorLabels }}
  {{- range $field := list "interval" "scrapeTimeout" "metricRelabelings" "relabelings" }}
  {{- with get $ $field }}
  {{- $value := . }}
  {{- if kindIs "string" . }}
  {{- $value = trim . }}
  {{- end }}
  {{- dict $field $value | toYaml | nindent 2 }}
  {{- end }}
  {{- end }}
{{- end -}}

{{/*
Where a monitor in another namespace looks for what it scrapes; one beside it looks there by itself, also
after Kustomize has moved both. Takes a dict: context, values.
*/}}
{{- define "sealed-secrets.scraped" -}}
{{- $namespace := include "sealed-secrets.namespace" .context -}}
{{- if ne $namespace (default $namespace .values.namespace) }}
namespaceSelector:
  matchNames:
    - {{ $namespace }}
{{- end -}}
{{- end -}}
