{{- define "eks.labels" -}}
app.kubernetes.io/part-of: skerry
cluster.x-k8s.io/cluster-name: {{ .Values.cluster.name }}
{{- end }}

{{/*
The name in AWS ends in a hash of the cluster's id: the provider takes a cluster of the wanted name for its own, whoever
made it, and would delete it.
*/}}
{{- define "eks.name" -}}
{{ .Values.cluster.name }}-{{ .Values.cluster.id | sha256sum | trunc 10 }}
{{- end }}

{{/* EKS has minor versions alone. */}}
{{- define "eks.version" -}}
v{{ regexFind "1\\.[0-9]+" .Values.kubernetes }}
{{- end }}

{{- define "eks.tags" -}}
{{- $own := dict "skerry.dev/cluster" .Values.cluster.id "skerry.dev/name" (printf "%s/%s" .Values.cluster.project .Values.cluster.name) }}
{{- merge $own (.tags | default dict) | toYaml }}
{{- end }}
