{{/* The parts of the Deployment's Pod. */}}

{{/* Everything of the Pod but its containers and volumes. */}}
{{- define "sealed-secrets.pod" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ kindIs "map" . | ternary (get (kindIs "map" . | ternary . dict) "name") . }}
  {{- end }}
{{ end -}}
serviceAccountName: {{ include "sealed-secrets.serviceAccountName" . }}
automountServiceAccountToken: true
# Longer than --shutdown-deadline, so that work in hand is finished.
terminationGracePeriodSeconds: {{ include "sealed-secrets.text" .Values.terminationGracePeriodSeconds }}
{{- include "sealed-secrets.securityContext" .Values.podSecurityContext }}
{{- with .Values.topologySpreadConstraints }}
# On two nodes where there are two.
topologySpreadConstraints:
  {{- range . }}
  - {{ mergeOverwrite (dict "labelSelector" (dict "matchLabels" (include "sealed-secrets.matchLabels" $ | fromYaml))) . | toYaml | nindent 4 | trim }}
  {{- end }}
{{- end }}
{{- range $field := list "affinity" "nodeSelector" "tolerations" "priorityClassName" "runtimeClassName" "dnsPolicy" }}
{{- with get $.Values $field }}
{{ dict $field . | toYaml }}
{{- end }}
{{- end }}
{{- if .Values.hostNetwork }}
hostNetwork: true
{{- end }}
{{- if kindIs "bool" .Values.hostUsers }}
hostUsers: {{ .Values.hostUsers }}
{{- end }}
{{- end -}}

{{/* What is set of a security context or a probe, without our switch; null takes a default away. */}}
{{- define "sealed-secrets.fields" -}}
{{- $fields := dict -}}
{{- range $key, $value := omit . "enabled" -}}
{{- if not (kindIs "invalid" $value) -}}
{{- $fields = set $fields $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $fields -}}
{{- end -}}

{{- define "sealed-secrets.securityContext" -}}
{{- if .enabled }}
securityContext:
  {{- include "sealed-secrets.fields" . | nindent 2 }}
{{- end -}}
{{- end -}}

{{- define "sealed-secrets.image" -}}
{{- $image := .Values.image -}}
{{- $name := list $image.registry $image.repository | compact | join "/" -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $name $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion (include "sealed-secrets.text" $image.tag)) -}}
{{- end -}}
{{- end -}}

{{/* A probe. Takes a dict: context, name, path. */}}
{{- define "sealed-secrets.probe" -}}
{{- $settings := get .context.Values .name -}}
{{- $custom := get .context.Values (printf "custom%s" (title .name)) -}}
{{- if $custom }}
{{ .name }}:
  {{- include "sealed-secrets.render" (dict "value" $custom "context" .context) | nindent 2 }}
{{- else if $settings.enabled }}
{{ .name }}:
  httpGet:
    path: {{ .path }}
    port: http
  {{- include "sealed-secrets.render" (dict "value" (include "sealed-secrets.fields" $settings) "context" .context) | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* Everything of the container but its name. */}}
{{- define "sealed-secrets.container" -}}
image: {{ include "sealed-secrets.image" . | quote }}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
command:
  {{- include "sealed-secrets.render" (dict "value" (default (list "controller") .Values.command) "context" .) | nindent 2 }}
{{- with include "sealed-secrets.args" . | fromYamlArray }}
args:
  {{- toYaml . | nindent 2 }}
{{- end }}
env:
  - name: POD_NAMESPACE
    valueFrom:
      fieldRef:
        fieldPath: metadata.namespace
  {{- with include "sealed-secrets.variables" . }}
  {{- trim . | nindent 2 }}
  {{- end }}
  {{- with .Values.extraEnvVars }}
  {{- include "sealed-secrets.render" (dict "value" . "context" $) | nindent 2 }}
  {{- end }}
ports:
  {{- range $name := list "http" "metrics" }}
  - name: {{ $name }}
    containerPort: {{ get $.Values.containerPorts $name }}
    {{- with get $.Values.hostPorts $name }}
    hostPort: {{ . }}
    {{- end }}
  {{- end }}
{{- include "sealed-secrets.probe" (dict "context" . "name" "livenessProbe" "path" "/healthz") }}
{{- include "sealed-secrets.probe" (dict "context" . "name" "readinessProbe" "path" "/readyz") }}
{{- include "sealed-secrets.probe" (dict "context" . "name" "startupProbe" "path" "/healthz") }}
resources:
  {{- include "sealed-secrets.resources" . | nindent 2 }}
{{- include "sealed-secrets.securityContext" .Values.containerSecurityContext }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- with .Values.additionalVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
