{{/* Whether the machines of the control plane hold its address themselves. */}}
{{- define "endpoint.held" -}}
{{- $host := .Values.endpoint.host | default "" }}
{{- $isAddress := or (eq $host "") (regexMatch "^[0-9.]+$" $host) (contains ":" $host) }}
{{- if and $isAddress (not .Values.endpoint.loadBalancer) }}true{{ end }}
{{- end }}

{{- define "endpoint.files" -}}
- path: /etc/skerry/endpoint.sh
  owner: root:root
  permissions: "0700"
  content: |
    {{- include "endpoint.script" . | nindent 4 }}
- path: /etc/skerry/keepalived.yaml
  owner: root:root
  permissions: "0600"
  content: |
    {{- include "endpoint.pod" . | nindent 4 }}
{{- end }}

{{/*
The address may come from a pool, so that only the machine knows it: from what kubeadm is given. VRRP (RFC 9568) tells
control planes of one network apart by a number, which is the last part of the address here.

A machine whose API server answers goes before those where it does not: one that just joins, too, must not have the address
when it asks for its cluster there. Among equals it stays where it is. Where no API server answers, one machine has it all the
same, as the first needs.
*/}}
{{- define "endpoint.script" -}}
#!/bin/sh
set -eu
endpoint=$(sed -n 's/^ *controlPlaneEndpoint: *//p; s/^ *apiServerEndpoint: *//p' /run/kubeadm/*.yaml | head -n 1 | tr -d '"[] ')
address=${endpoint%:*}
device=$(ip -o route get "$address" | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
case $address in
*:*) router=$(printf '%d' "0x0${address##*:}") prefix=128 ;;
*) router=${address##*.} prefix=32 ;;
esac
router=$((router % 255 + 1))
[ "$device" != lo ] || device=$(ip -o route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
mkdir -p /etc/keepalived /etc/kubernetes/manifests
cat > /etc/keepalived/keepalived.conf <<END
global_defs {
  script_user root
  enable_script_security
}
vrrp_script api-server {
  script "/usr/bin/curl --silent --fail --insecure --max-time 2 --output /dev/null https://127.0.0.1:{{ .Values.endpoint.port | default 6443 }}/livez"
  interval 3
  timeout 3
  rise 2
  fall 3
  weight 50
  init_fail
}
vrrp_instance control-plane {
  state BACKUP
  interface $device
  virtual_router_id $router
  priority 100
  advert_int 1
  track_script {
    api-server
  }
  virtual_ipaddress {
    $address/$prefix dev $device
  }
}
END
cp /etc/skerry/keepalived.yaml /etc/kubernetes/manifests/keepalived.yaml
{{- end }}

{{- define "endpoint.pod" -}}
apiVersion: v1
kind: Pod
metadata:
  name: keepalived
  namespace: kube-system
  labels:
    app.kubernetes.io/name: keepalived
spec:
  hostNetwork: true
  priorityClassName: system-node-critical
  containers:
    - name: keepalived
      image: {{ .Values.images.keepalived }}
      imagePullPolicy: IfNotPresent
      command: [/usr/sbin/keepalived]
      args: [--dont-fork, --log-console, --vrrp, --use-file=/etc/keepalived/keepalived.conf]
      securityContext:
        runAsUser: 0
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
          add: [NET_ADMIN, NET_BROADCAST, NET_RAW]
      resources:
        requests: { cpu: 10m, memory: 16Mi }
        limits: { memory: 64Mi }
      volumeMounts:
        - { name: config, mountPath: /etc/keepalived, readOnly: true }
        - { name: run, mountPath: /run }
        - { name: tmp, mountPath: /tmp }
  volumes:
    - { name: config, hostPath: { path: /etc/keepalived } }
    - { name: run, emptyDir: {} }
    - { name: tmp, emptyDir: {} }
{{- end }}
