{{/* How the machines of a pool join. */}}
{{- define "cluster.poolConfig" -}}
format: cloud-config
joinConfiguration:
  nodeRegistration:
    {{- include "cluster.node" (dict "labels" .labels "ignorePreflightErrors" .root.Values.ignorePreflightErrors) | nindent 4 }}
files:
  {{- include "cluster.files" .root | nindent 2 }}
preKubeadmCommands:
  {{- include "cluster.commands" .root | nindent 2 }}
{{- end }}

{{/*
When a machine is replaced. Of few machines a share is less than one: then one may be replaced all the same.
*/}}
{{- define "cluster.healthCheck" -}}
{{- $health := .pool.health | default dict }}
{{- $limit := $health.maxUnhealthy | default "40%" }}
{{- $most := $limit }}
{{- if hasSuffix "%" $limit }}
{{- $most = max 1 (div (mul (trimSuffix "%" $limit | int) (int .pool.replicas)) 100) }}
{{- end }}
{{- if and (hasKey $health "replace") (not $health.replace) }}{{ $most = 0 }}{{ end }}
{{- $notReady := include "cluster.seconds" ($health.notReady | default "5m") }}
apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineHealthCheck
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "cluster.labels" .root | nindent 4 }}
  annotations:
    infrastructure.skerry.dev/replacements-per-day: {{ ternary $health.budgetPerDay 3 (hasKey $health "budgetPerDay") | toString | quote }}
spec:
  clusterName: {{ .root.Values.cluster.name }}
  selector:
    matchLabels:
      {{ .label }}: {{ .value | quote }}
  checks:
    nodeStartupTimeoutSeconds: {{ include "cluster.seconds" ($health.startup | default "20m") }}
    unhealthyNodeConditions:
      - { type: Ready, status: "Unknown", timeoutSeconds: {{ $notReady }} }
      - { type: Ready, status: "False", timeoutSeconds: {{ $notReady }} }
  remediation:
    triggerIf:
      unhealthyLessThanOrEqualTo: {{ $most | int }}
{{- end }}
