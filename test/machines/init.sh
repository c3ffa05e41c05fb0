#!/bin/bash
# What a machine does when it is switched on: network, containerd, cloud-init, and kubelet once kubeadm has set it up.
# MACHINE_* come from the shim; guestinfo comes as VMware's tools would give it.
set -u
home=/opt/node
export PATH=$home/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
say() { echo "$(date -u +%T.%3N) $*"; }
say "power on"

# How many connections are followed at most is the kernel's, which machines share and may not set: kube-proxy leaves it alone.
mkdir -p /run/bin
cat > /run/bin/kubeadm <<'END'
#!/bin/sh
file=/run/kubeadm/kubeadm.yaml
if [ "${1:-}" = init ] && [ -e "$file" ] && ! grep -q '^kind: KubeProxyConfiguration' "$file"; then
  printf -- '\n---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nconntrack: { maxPerCore: 0 }\n' >> "$file"
fi
exec /opt/node/bin/kubeadm "$@"
END
chmod 755 /run/bin/kubeadm; export PATH=/run/bin:$PATH

# The one of VMware's tools that guests talk to the hypervisor with: what they say is found there by the shim.
if [ "$MACHINE_DATASOURCE" = VMware ]; then
  mkdir -p /run/machine/guestinfo
  cat > /run/bin/vmware-rpctool <<'END'
#!/bin/sh
set -- $1 # as one argument: "info-set guestinfo.KEY VALUE"
case $1 in
info-set) printf %s "${3:-}" > "/run/machine/guestinfo/.$2" && mv "/run/machine/guestinfo/.$2" "/run/machine/guestinfo/$2" ;;
info-get) cat "/run/machine/guestinfo/$2" 2>/dev/null || { echo 'No value found' >&2; exit 1; } ;;
esac
END
  chmod 755 /run/bin/vmware-rpctool
fi

mkdir -p /run/netns /run/lock /run/network /run/containerd /etc/cni/net.d /etc/containerd/certs.d /var/lib/kubelet /var/log \
  /etc/network/interfaces.d /etc/network/if-{pre-up,up,down,post-down}.d /var/lib/cloud/seed
printf 'nameserver 192.0.2.53\noptions timeout:1 attempts:1\n' > /etc/resolv.conf
# What /sys says of cards is of the namespace in which it was mounted; cloud-init looks for them there, by their addresses.
mkdir -p /run/sysfs; mount -t sysfs sysfs /run/sysfs
for part in class/net devices/virtual/net; do mount --bind "/run/sysfs/$part" "/sys/$part"; done
[ -e /etc/network/interfaces ] || printf 'source /etc/network/interfaces.d/*\n' > /etc/network/interfaces
[ "$(cat /etc/hostname 2>/dev/null)" = "" ] || hostname "$(cat /etc/hostname)"
touch /etc/fstab

# A template is made for one kind of cloud, and looks for its seed nowhere else.
mkdir -p /etc/cloud/cloud.cfg.d
printf 'datasource_list: [%s]\n' "$MACHINE_DATASOURCE" > /etc/cloud/cloud.cfg.d/90-machine.cfg
[ ! -d /run/machine/seed ] || { rm -rf "/var/lib/cloud/seed/$MACHINE_SEED_FOLDER"; cp -r /run/machine/seed "/var/lib/cloud/seed/$MACHINE_SEED_FOLDER"; }

ci() { # Guest variables are for cloud-init alone, as those of the hypervisor are.
  ( set -a; [ ! -e /run/machine/env ] || while IFS= read -r line; do export "$line"; done < /run/machine/env; set +a
    python3 -W ignore /usr/bin/cloud-init "$@" >> /var/log/cloud-init-stdout.log 2>&1 ); say "cloud-init $*: $?"
}

containerd --config $home/containerd.toml > /var/log/containerd.log 2>&1 &

ci init --local
ip link set eth0 up
if grep -qs static /etc/network/interfaces.d/*; then
  ifup -a >> /var/log/ifup.log 2>&1; say "ifup: $?"
else
  # The address that the shim keeps for this machine stands for one that a DHCP server would give.
  ip addr add "$MACHINE_ADDRESS/$MACHINE_PREFIX" dev eth0
  ip route add default via "$MACHINE_GATEWAY"
fi
address=$(ip -4 -br addr show eth0 | awk '{print $3}'); address=${address%%/*}
say "address $address"

# Pods of all machines on the link reach each other: each has a range that follows from its address.
if [ -n "${MACHINE_POD_PREFIX:-}" ]; then
  last=${address##*.}
  printf '{"cniVersion":"1.0.0","name":"machine","plugins":[{"type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,"hairpinMode":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"%s.%s.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}},{"type":"portmap","capabilities":{"portMappings":true}}]}' \
    "$MACHINE_POD_PREFIX" "$last" > /etc/cni/net.d/90-machine.conflist
  for i in $(seq 2 254); do [ "$i" = "$last" ] || echo "route add $MACHINE_POD_PREFIX.$i.0/24 via ${MACHINE_GATEWAY%.*}.$i"; done | ip -batch -
fi

for i in $(seq 300); do ctr version > /dev/null 2>&1 && break; sleep 0.1; done
for archive in $home/images/*.tar /run/machine/preload/*.tar; do
  [ ! -e "$archive" ] || ctr -n k8s.io images import --local "$archive" > /var/log/import.log 2>&1 || say "import of $archive failed"
done
say "containerd is up"

mkdir -p /etc/kubernetes-node/kubelet.conf.d; cp /run/machine/kubelet.conf /etc/kubernetes-node/kubelet.conf.d/10-machine.conf
( while [ ! -s /var/lib/kubelet/config.yaml ] || { [ ! -s /etc/kubernetes/kubelet.conf ] && [ ! -s /etc/kubernetes/bootstrap-kubelet.conf ]; }; do sleep 0.1; done
  say "kubelet has a configuration"
  while :; do
    KUBELET_KUBEADM_ARGS=; [ ! -e /var/lib/kubelet/kubeadm-flags.env ] || . /var/lib/kubelet/kubeadm-flags.env
    kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf \
      --config=/var/lib/kubelet/config.yaml --config-dir=/etc/kubernetes-node/kubelet.conf.d $KUBELET_KUBEADM_ARGS >> /var/log/kubelet.log 2>&1
    say "kubelet ended: $?"; sleep 1
  done ) &

ci init
hostname > /etc/hostname
printf '127.0.0.1 localhost\n%s %s\n' "$address" "$(hostname)" > /etc/hosts
ci modules --mode config
ci modules --mode final
say "cloud-init finished: $(tr -d '\n ' < /run/cloud-init/result.json 2>/dev/null)"
tail -n 80 /var/log/cloud-init-output.log 2>/dev/null
exec pause
