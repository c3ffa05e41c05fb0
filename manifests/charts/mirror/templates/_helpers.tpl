{{- define "mirror.selector" -}}
app.kubernetes.io/name: skerry-mirror
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mirror.labels" -}}
{{ include "mirror.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: skerry
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "mirror.name" -}}
{{- printf "skerry-mirror-%s" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{- define "mirror.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{- define "mirror.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 30
{{- if eq .Values.mode "cronjob" }}
restartPolicy: Never
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
containers:
  - name: mirror
    image: {{ include "mirror.image" . }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args:
      - mirror
      - run
      - /etc/skerry/mirror/mirror.yaml
      - --state=/var/lib/skerry-mirror/state.json
      {{- if eq .Values.mode "deployment" }}
      - {{ printf "--every=%s" .Values.schedule | quote }}
      - {{ printf "--time-zone=%s" .Values.timeZone | quote }}
      - --spread={{ .Values.spread }}
      {{- with .Values.maxAge }}
      - --max-age={{ . }}
      {{- end }}
      - --listen=0.0.0.0:9464
      {{- end }}
    env:
      - name: HOME
        value: /tmp
      {{- if .Values.dockerConfigSecret }}
      - name: DOCKER_CONFIG
        value: /etc/skerry/docker
      {{- end }}
      {{- range $name, $value := .Values.env }}
      - name: {{ $name }}
        value: {{ $value | quote }}
      {{- end }}
    {{- if eq .Values.mode "deployment" }}
    ports:
      - name: metrics
        containerPort: 9464
    livenessProbe:
      httpGet:
        path: /healthz
        port: metrics
      periodSeconds: 10
      timeoutSeconds: 5
    readinessProbe:
      httpGet:
        path: /healthz
        port: metrics
      periodSeconds: 10
      timeoutSeconds: 5
    {{- end }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
    resources:
      {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - name: config
        mountPath: /etc/skerry/mirror
        readOnly: true
      - name: state
        mountPath: /var/lib/skerry-mirror
      - name: tmp
        mountPath: /tmp
      {{- if .Values.dockerConfigSecret }}
      - name: docker
        mountPath: /etc/skerry/docker
        readOnly: true
      {{- end }}
      {{- if .Values.loginsSecret }}
      - name: logins
        mountPath: /etc/skerry/logins
        readOnly: true
      {{- end }}
      {{- if or .Values.certificatesConfigMap .Values.certificatesSecret }}
      - name: certificates
        mountPath: /etc/skerry/certificates
        readOnly: true
      {{- end }}
      {{- if .Values.dataClaim }}
      - name: data
        mountPath: /data
      {{- end }}
volumes:
  - name: config
    configMap:
      name: {{ .Values.existingConfigMap | default (include "mirror.name" .) }}
  - name: state
    {{- if or .Values.state.existingClaim .Values.state.persistent }}
    persistentVolumeClaim:
      claimName: {{ .Values.state.existingClaim | default (include "mirror.name" .) }}
    {{- else }}
    emptyDir:
      sizeLimit: 64Mi
    {{- end }}
  - name: tmp
    emptyDir:
      sizeLimit: 256Mi
  {{- if .Values.dockerConfigSecret }}
  - name: docker
    secret:
      secretName: {{ .Values.dockerConfigSecret }}
      defaultMode: 0440
      items:
        - key: .dockerconfigjson
          path: config.json
  {{- end }}
  {{- if .Values.loginsSecret }}
  - name: logins
    secret:
      secretName: {{ .Values.loginsSecret }}
      defaultMode: 0440
  {{- end }}
  {{- if or .Values.certificatesConfigMap .Values.certificatesSecret }}
  - name: certificates
    projected:
      defaultMode: 0440
      sources:
        {{- with .Values.certificatesConfigMap }}
        - configMap:
            name: {{ . }}
        {{- end }}
        {{- with .Values.certificatesSecret }}
        - secret:
            name: {{ . }}
        {{- end }}
  {{- end }}
  {{- if .Values.dataClaim }}
  - name: data
    persistentVolumeClaim:
      claimName: {{ .Values.dataClaim }}
  {{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
