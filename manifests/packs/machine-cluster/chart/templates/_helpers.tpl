{{- define "cluster.labels" -}}
app.kubernetes.io/part-of: skerry
cluster.x-k8s.io/cluster-name: {{ .Values.cluster.name }}
{{- end }}

{{/* What a machine is made with, as JSON: the cluster's placement with the machine's laid over it. */}}
{{- define "cluster.machine" -}}
{{- $machine := deepCopy (.machine | default dict) }}
{{- $placement := mergeOverwrite (deepCopy .placement) (deepCopy ($machine.placement | default dict)) }}
{{- $_ := unset $machine "placement" }}
{{- if $placement }}{{ $_ := set $machine "placement" $placement }}{{ end }}
{{- $machine | toJson }}
{{- end }}

{{/* The name of a template ends in a hash of what is in it, so that a change is another template. */}}
{{- define "cluster.hash" -}}
{{- . | sha256sum | trunc 8 }}
{{- end }}

{{/* Seconds of a duration such as 90s, 5m, 2h. */}}
{{- define "cluster.seconds" -}}
{{- $number := regexFind "^[0-9]+" . | int }}
{{- if hasSuffix "h" . }}{{ mul $number 3600 }}{{ else if hasSuffix "m" . }}{{ mul $number 60 }}{{ else }}{{ $number }}{{ end }}
{{- end }}

{{/*
How a machine becomes a node. The braces in the ID are for cloud-init (its "instance metadata" in Jinja), which puts in
what the cloud calls the machine.
*/}}
{{- define "cluster.node" -}}
criSocket: unix:///run/containerd/containerd.sock
name: {{ "'{{ local_hostname }}'" }}
kubeletExtraArgs:
  - name: provider-id
    value: {{ "'skerry://{{ v1.instance_id }}'" }}
{{- with .labels }}
  - name: node-labels
    value: {{ include "cluster.nodeLabels" . | quote }}
{{- end }}
{{- with .ignorePreflightErrors }}
ignorePreflightErrors:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "cluster.nodeLabels" -}}
{{- $pairs := list }}
{{- range $name, $value := . }}{{ $pairs = append $pairs (printf "%s=%s" $name $value) }}{{ end }}
{{- join "," $pairs }}
{{- end }}

{{/* Files of every machine. */}}
{{- define "cluster.files" -}}
- path: /etc/skerry/prepare.sh
  owner: root:root
  permissions: "0700"
  contentFrom:
    secret:
      name: machine.defaults
      key: prepare.sh
{{- if .Values.bootstrapNetwork }}
- path: /etc/skerry/network.sh
  owner: root:root
  permissions: "0700"
  content: |
    {{- include "cluster.network" . | nindent 4 }}
{{- end }}
{{- end }}

{{/* Their order counts: what is pulled later is pulled from where the first one says. */}}
{{- define "cluster.commands" -}}
- sh /etc/skerry/prepare.sh
{{- if .Values.bootstrapNetwork }}
- sh /etc/skerry/network.sh
{{- end }}
{{- end }}

{{/*
A network within the node alone, with other addresses on each where the range has room: so that the first pods run. The
configuration of a network that a profile brings sorts before it, and counts from then on.
*/}}
{{- define "cluster.network" -}}
#!/bin/sh
set -eu
subnet='{{ .Values.network.pods }}'
{{- if regexMatch "^[0-9]+\\.[0-9]+\\.0\\.0/16$" .Values.network.pods }}
last=$(ip -o -4 addr show scope global | head -n 1 | sed 's/.* inet [0-9]*\.[0-9]*\.[0-9]*\.\([0-9]*\)\/.*/\1/')
[ -z "$last" ] || subnet="{{ regexReplaceAll "\\.0\\.0/16$" .Values.network.pods "" }}.$last.0/24"
{{- end }}
mkdir -p /etc/cni/net.d
cat > /etc/cni/net.d/99-skerry-bootstrap.conflist <<END
{
  "cniVersion": "1.0.0",
  "name": "skerry-bootstrap",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "skerry0",
      "isGateway": true,
      "ipMasq": true,
      "hairpinMode": true,
      "ipam": { "type": "host-local", "ranges": [[ { "subnet": "$subnet" } ]], "routes": [ { "dst": "0.0.0.0/0" } ] }
    },
    { "type": "portmap", "capabilities": { "portMappings": true } }
  ]
}
END
{{- end }}
