{{- define "infra.labels" -}}
app.kubernetes.io/name: skerry-infra
app.kubernetes.io/part-of: skerry
{{- end }}

{{- define "infra.image" -}}
{{- with .Values.image -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end }}
