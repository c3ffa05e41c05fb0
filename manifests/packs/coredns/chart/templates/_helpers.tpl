{{- define "coredns.selector" -}}
app.kubernetes.io/name: coredns
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "coredns.labels" -}}
{{ include "coredns.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "coredns.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- define "coredns.corefile" -}}
.:1053 {
    errors
    health :8080 {
        lameduck 5s
    }
    ready :8181
    {{- if .Values.logQueries }}
    log
    {{- end }}
    {{- if .Values.cluster.enabled }}
    kubernetes {{ .Values.cluster.domain }} in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    {{- end }}
    {{- with .Values.hosts }}
    hosts {
        {{- range $name, $address := . }}
        {{ $address }} {{ $name }}
        {{- end }}
        fallthrough
    }
    {{- end }}
    prometheus :9153
    {{- with .Values.forward }}
    forward . {{ join " " . }}
    loop
    {{- end }}
    {{- with .Values.cacheSeconds }}
    cache {{ . }}
    {{- end }}
    reload
    loadbalance
}
{{- end }}
