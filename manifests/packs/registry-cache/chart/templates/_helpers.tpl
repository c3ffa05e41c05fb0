{{- define "cache.labels" -}}
app.kubernetes.io/name: skerry-registry-cache
app.kubernetes.io/part-of: skerry
{{- end }}

{{- define "cache.image" -}}
{{- with .Values.image -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end }}
