{{/* A shell script. What comes from values is checked by their schema, and goes in by base64 where it may have any form. */}}
{{- define "defaults.prepare" -}}
#!/bin/sh
set -eu
has() { command -v "$1" > /dev/null 2>&1; }
if has vmware-rpctool; then
{{- include "defaults.file" (dict "path" "/etc/skerry/console.sh" "text" (include "defaults.console" .)) }}
setsid sh /etc/skerry/console.sh < /dev/null > /dev/null 2>&1 &
fi
{{- with .Values.nodes.ca }}
{{- include "defaults.trust" (dict "name" "skerry-site" "text" .) }}
{{- end }}
{{- with .Values.nodes.registry }}
{{- if .endpoint }}
{{- if .ca }}
{{- include "defaults.file" (dict "path" "/etc/containerd/certs.d/skerry-registry-ca.crt" "text" .ca) }}
{{- end }}
{{- with .cache }}
{{- if .ca }}
{{- include "defaults.file" (dict "path" "/etc/containerd/certs.d/skerry-cache-ca.crt" "text" .ca) }}
{{- end }}
{{- end }}
{{- include "defaults.file" (dict "path" "/etc/containerd/certs.d/_default/hosts.toml" "text" (include "defaults.hosts" .) "mode" "0600") }}
{{- include "defaults.file" (dict "path" "/etc/containerd/certs.d/localhost:31999/hosts.toml" "text" (include "defaults.hosts" .) "mode" "0600") }}
{{- end }}
{{- end }}
{{- $proxy := .Values.nodes.proxy }}
{{- if or $proxy.http $proxy.https }}
{{- include "defaults.file" (dict "path" "/etc/systemd/system/containerd.service.d/skerry-proxy.conf" "text" (include "defaults.proxy" $proxy)) }}
if has systemctl; then systemctl daemon-reload; systemctl restart containerd; fi
{{- end }}
{{- with .Values.nodes.ntp }}
{{- include "defaults.file" (dict "path" "/etc/systemd/timesyncd.conf.d/skerry.conf" "text" (printf "[Time]\nNTP=%s\n" (join " " .))) }}
{{- $sources := list }}
{{- range . }}{{ $sources = append $sources (printf "server %s iburst" .) }}{{ end }}
{{- include "defaults.file" (dict "path" "/etc/chrony/sources.d/skerry.sources" "text" (printf "%s\n" (join "\n" $sources))) }}
if has systemctl; then systemctl try-restart systemd-timesyncd chrony chronyd 2> /dev/null || true; fi
{{- end }}
{{- with .Values.nodes.sshKeys }}
id skerry > /dev/null 2>&1 || useradd --create-home --shell /bin/bash skerry
{{- include "defaults.file" (dict "path" "/home/skerry/.ssh/authorized_keys" "text" (printf "%s\n" (join "\n" .)) "mode" "0600") }}
chown -R skerry: /home/skerry/.ssh
{{- include "defaults.file" (dict "path" "/etc/sudoers.d/skerry" "text" "skerry ALL=(ALL) NOPASSWD:ALL\n" "mode" "0440") }}
{{- end }}
{{ end }}

{{/*
vCenter keeps no console. Until a machine is a node it hands over what its first start wrote last, by VMware's tools, as a
guest variable that the gateway reads: how far cloud-init is, what kubelet says, cloud-init's result. It ends with the file
that Cluster API's bootstrap providers leave when all went well, and after an hour in any case.
*/}}
{{- define "defaults.console" -}}
#!/bin/sh
set -u
key=guestinfo.skerry.console
joined=/run/cluster-api/bootstrap-success.complete
said= round=0
while [ ! -e "$joined" ] && [ "$round" -lt 360 ]; do
  text=$({
    tail -c 8000 /var/log/cloud-init-output.log
    echo
    journalctl --unit=kubelet --lines=3 --output=cat --quiet --no-pager
    tail -n 3 /var/log/kubelet.log
    tr -d '\n' < /run/cloud-init/result.json
  } 2> /dev/null | tail -c 12000 | base64 | tr -d '\n')
  [ "$text" = "$said" ] || { vmware-rpctool "info-set $key $text" && said=$text; }
  round=$((round + 1))
  sleep 10
done
[ ! -e "$joined" ] || vmware-rpctool "info-set $key "
{{ end }}

{{/* Writes a file, whole or not at all. */}}
{{- define "defaults.file" }}
mkdir -p '{{ dir .path }}'
printf %s '{{ .text | b64enc }}' | base64 -d > '{{ .path }}.new'
chmod {{ .mode | default "0644" }} '{{ .path }}.new'
mv '{{ .path }}.new' '{{ .path }}'
{{- end }}

{{/* Debian's and Red Hat's ways. */}}
{{- define "defaults.trust" }}
if has update-ca-certificates; then
{{- include "defaults.file" (dict "path" (printf "/usr/local/share/ca-certificates/%s.crt" .name) "text" .text) }}
update-ca-certificates
elif has update-ca-trust; then
{{- include "defaults.file" (dict "path" (printf "/etc/pki/ca-trust/source/anchors/%s.pem" .name) "text" .text) }}
update-ca-trust
fi
{{- end }}

{{/*
containerd, docs/hosts.md: the registry is asked for whatever image, by the host that it is named with. Hosts are asked in the
order of the file: the cache first, which must not keep a machine waiting when it is gone.
*/}}
{{- define "defaults.hosts" -}}
server = {{ .endpoint | quote }}
{{- with .cache }}
{{- if .endpoint }}
{{ include "defaults.host" (dict "endpoint" .endpoint "ca" (ternary "skerry-cache-ca.crt" "" (ne (.ca | default "") "")) "credentials" $.credentials "timeout" "3s") }}
{{- end }}
{{- end }}
{{ include "defaults.host" (dict "endpoint" .endpoint "ca" (ternary "skerry-registry-ca.crt" "" (ne (.ca | default "") "")) "credentials" .credentials) }}
{{ end }}

{{- define "defaults.host" }}
[host.{{ .endpoint | quote }}]
  capabilities = ["pull", "resolve"]
{{- with .timeout }}
  dial_timeout = {{ . | quote }}
{{- end }}
{{- if .ca }}
  ca = "/etc/containerd/certs.d/{{ .ca }}"
{{- end }}
{{- $endpoint := .endpoint }}
{{- with .credentials }}
{{- if .username }}
  [host.{{ $endpoint | quote }}.header]
    authorization = "Basic {{ printf "%s:%s" .username .password | b64enc }}"
{{- end }}
{{- end }}
{{- end }}

{{- define "defaults.proxy" -}}
[Service]
{{- with .http }}
Environment="HTTP_PROXY={{ . }}"
{{- end }}
{{- with .https }}
Environment="HTTPS_PROXY={{ . }}"
{{- end }}
{{- with .none }}
Environment="NO_PROXY={{ join "," . }}"
{{- end }}
{{ end }}
