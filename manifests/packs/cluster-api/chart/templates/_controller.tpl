{{/* One controller: its Deployment, the Service of its webhooks, and who it is. Takes root, name, image, args. */}}
{{- define "cluster-api.controller" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}-manager
  namespace: {{ .root.Release.Namespace }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}-webhook-service
  namespace: {{ .root.Release.Namespace }}
  annotations:
    # The gateway's own controller makes this Secret and keeps it fresh, and the authority with it.
    infrastructure.skerry.dev/serving-certificate: {{ .name }}-webhook-service-cert
spec:
  selector:
    app.kubernetes.io/name: {{ .name }}
  ports:
    - port: 443
      targetPort: webhooks
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}-controller-manager
  namespace: {{ .root.Release.Namespace }}
  labels:
    app.kubernetes.io/name: {{ .name }}
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ .name }}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {{ .name }}
    spec:
      serviceAccountName: {{ .name }}-manager
      enableServiceLinks: false
      terminationGracePeriodSeconds: 10
      tolerations:
        - key: node-role.kubernetes.io/control-plane
          effect: NoSchedule
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        fsGroup: 65532
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: manager
          image: {{ .image }}
          imagePullPolicy: IfNotPresent
          args:
            - --leader-elect
            - --diagnostics-address=:8443
            {{- range .args }}
            - {{ . }}
            {{- end }}
          env:
            {{- range $name, $field := dict "POD_NAMESPACE" "metadata.namespace" "POD_NAME" "metadata.name" "POD_UID" "metadata.uid" }}
            - name: {{ $name }}
              valueFrom:
                fieldRef:
                  fieldPath: {{ $field }}
            {{- end }}
          ports:
            - name: webhooks
              containerPort: 9443
            - name: health
              containerPort: 9440
            - name: metrics
              containerPort: 8443
          readinessProbe:
            httpGet:
              path: /readyz
              port: health
            periodSeconds: 2
          livenessProbe:
            httpGet:
              path: /healthz
              port: health
            initialDelaySeconds: 15
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          terminationMessagePolicy: FallbackToLogsOnError
          resources:
            {{- toYaml .root.Values.resources | nindent 12 }}
          volumeMounts:
            - name: certificate
              mountPath: /tmp/k8s-webhook-server/serving-certs
              readOnly: true
      volumes:
        - name: certificate
          secret:
            secretName: {{ .name }}-webhook-service-cert
{{- end }}
