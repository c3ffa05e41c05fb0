{{- define "agent.labels" -}}
app.kubernetes.io/name: skerry-agent
app.kubernetes.io/part-of: skerry
{{- end }}

{{- define "agent.image" -}}
{{- with .Values.image -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end }}
