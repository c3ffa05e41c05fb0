{{- define "capa.labels" -}}
cluster.x-k8s.io/provider: infrastructure-aws
{{- end }}
