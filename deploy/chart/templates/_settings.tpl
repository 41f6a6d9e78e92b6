{{/* The controller's arguments and variables, from the values. */}}

{{/* A value as the text of an argument. Helm reads numbers as floats, which print as 1e+06. */}}
{{- define "sealed-secrets.text" -}}
{{- if kindIs "map" . -}}
{{- $pairs := list -}}
{{- range $key, $value := . -}}
{{- $pairs = include "sealed-secrets.text" $value | printf "%s=%s" $key | append $pairs -}}
{{- end -}}
{{- join "," $pairs -}}
{{- else if kindIs "slice" . -}}
{{- join "," . -}}
{{- else if kindIs "float64" . -}}
{{- ternary (int64 . | toString) (toString .) (eq . (floor .)) -}}
{{- else if not (kindIs "invalid" .) -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{/* The namespaces that are named, besides the controller's own, as a YAML list. */}}
{{- define "sealed-secrets.namespaces" -}}
{{- concat (default list .Values.additionalNamespaces) (default list .Values.namespaces) | uniq | toYaml -}}
{{- end -}}

{{/*
`FLAG=VALUE` for each entry of a list of flag, value and the program's default that asks for something
else than that default, as a YAML list. An empty value asks for nothing; space behind one, such as the end
of a block of text, is no part of it. The schema takes it where a text is wanted, not a number or a word.
*/}}
{{- define "sealed-secrets.flags" -}}
{{- $flags := list -}}
{{- range . -}}
{{- $text := include "sealed-secrets.text" (index . 1) | trim -}}
{{- if and (ne $text "") (ne $text (index . 2)) -}}
{{- $flags = printf "%s=%s" (index . 0) $text | append $flags -}}
{{- end -}}
{{- end -}}
{{- toYaml $flags -}}
{{- end -}}

{{/* What other objects of the chart rely on: the Role of the Lease, the ports. */}}
{{- define "sealed-secrets.wiring" -}}
{{- $values := .Values -}}
{{- list
  (list "leader-elect" $values.leaderElection.enabled "false")
  (list "leader-elect-resource-name" $values.leaderElection.resourceName "sealed-secrets-controller")
  (list "listen-addr" (printf ":%s" (include "sealed-secrets.text" $values.containerPorts.http)) ":8080")
  (list "listen-metrics-addr" (printf ":%s" (include "sealed-secrets.text" $values.containerPorts.metrics)) ":8081")
  | include "sealed-secrets.flags" -}}
{{- end -}}

{{- define "sealed-secrets.settings" -}}
{{- $values := .Values -}}
{{- list
  (list "leader-elect-lease-duration" $values.leaderElection.leaseDuration "")
  (list "additional-namespaces" (include "sealed-secrets.namespaces" . | fromYamlArray) "")
  (list "namespace-selector" $values.namespaceSelector "")
  (list "all-namespaces" $values.allNamespaces "true")
  (list "label-selector" $values.labelSelector "")
  (list "workers" $values.workers "")
  (list "update-status" $values.updateStatus "true")
  (list "skip-recreate" $values.skipRecreate "false")
  (list "old-gc-behavior" $values.oldGCBehavior "false")
  (list "recreate-immutable" $values.recreate.all "false")
  (list "accept-deprecated-v1-data" $values.acceptDeprecatedV1Data "true")
  (list "max-unseal-retries" $values.maxRetries "")
  (list "key-prefix" $values.secretName "sealed-secrets-key")
  (list "key-renew-period" $values.keyrenewperiod "")
  (list "key-ttl" $values.keyttl "0")
  (list "key-cutoff-time" $values.keycutofftime "")
  (list "key-size" $values.keySize "")
  (list "key-order-priority" $values.keyOrderPriority "")
  (list "my-cn" $values.myCN "")
  (list "require-existing-key" $values.requireExistingKey "false")
  (list "privatekey-annotations" $values.privateKeyAnnotations "")
  (list "privatekey-labels" $values.privateKeyLabels "")
  (list "watch-for-secrets" $values.watchForSecrets "true")
  (list "rate-limit" $values.rateLimit "")
  (list "rate-limit-burst" $values.rateLimitBurst "")
  (list "read-timeout" $values.readTimeout "")
  (list "write-timeout" $values.writeTimeout "")
  (list "kubeclient-qps" $values.kubeClientQPS "")
  (list "kubeclient-burst" $values.kubeClientBurst "")
  (list "log-level" $values.logLevel "")
  (list "log-format" $values.logFormat "")
  (list "log-info-stdout" $values.logInfoStdout "true")
  (list "metrics-omit-secret-labels" $values.metricsOmitSecretLabels "false")
  (list "shutdown-deadline" $values.shutdownDeadline "")
  | include "sealed-secrets.flags" -}}
{{- end -}}

{{/* The arguments, as a YAML list. */}}
{{- define "sealed-secrets.args" -}}
{{- if .Values.args -}}
{{- include "sealed-secrets.render" (dict "value" .Values.args "context" .) -}}
{{- else -}}
{{- $args := list -}}
{{- range concat (include "sealed-secrets.wiring" . | fromYamlArray) (include "sealed-secrets.settings" . | fromYamlArray) -}}
{{- $args = printf "--%s" . | append $args -}}
{{- end -}}
{{- range .Values.extraArgs -}}
{{- $args = include "sealed-secrets.text" . | append $args -}}
{{- end -}}
{{- toYaml $args -}}
{{- end -}}
{{- end -}}

{{/* Variables that say what the arguments would, where somebody has put others in their place. */}}
{{- define "sealed-secrets.variables" -}}
{{- if .Values.args -}}
{{- range include "sealed-secrets.wiring" . | fromYamlArray -}}
{{- $flag := splitn "=" 2 . }}
- name: SEALED_SECRETS_{{ $flag._0 | upper | replace "-" "_" }}
  value: {{ $flag._1 | quote }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
What the container is given. Memory and CPU get the measured figures where neither a request nor a limit
is given for them: a request of ours above somebody's limit would be refused.
*/}}
{{- define "sealed-secrets.resources" -}}
{{- $given := default dict .Values.resources -}}
{{- $limits := default dict $given.limits | deepCopy -}}
{{- $requests := default dict $given.requests | deepCopy -}}
{{- if not (or (hasKey $limits "cpu") (hasKey $requests "cpu")) -}}
{{- $requests = set $requests "cpu" "50m" -}}
{{- end -}}
{{- if not (or (hasKey $limits "memory") (hasKey $requests "memory")) -}}
{{- $requests = set $requests "memory" "64Mi" -}}
{{- $limits = set $limits "memory" "256Mi" -}}
{{- end -}}
{{- $all := omit $given "limits" "requests" | merge (dict "requests" $requests) -}}
{{- if $limits -}}
{{- $all = set $all "limits" $limits -}}
{{- end -}}
{{- toYaml $all -}}
{{- end -}}

{{/* A number or percentage of Pods as text; anything else asks for nothing, as with the original. */}}
{{- define "sealed-secrets.bound" -}}
{{- include "sealed-secrets.text" . | regexFind "^[0-9]+%?$" -}}
{{- end -}}
