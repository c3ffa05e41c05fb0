#!/usr/bin/env bash
# Helm 4.3.1 (built from its Go module): a chart with `kind: List` whose items share a YAML anchor renders and installs
# well, but as soon as any post-renderer is given, even one that changes nothing, rendering fails.
#
# Why it matters: a post-renderer is the documented way to rewrite images for a private registry. A chart that works for
# everybody else then fails on the air-gapped side, and the message speaks of an unknown anchor, which is in the chart.
# Seen: helm splits the List into its items before it hands them to the post-renderer, so the alias loses its anchor.
#
# Needs: go, network to a Go module proxy. Fails when the behaviour changes.
set -euo pipefail

work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cd "$work"

cat > go.mod <<'MOD'
module finding
go 1.26
MOD
go get helm.sh/helm/v4/cmd/helm@v4.3.1 > get.log 2>&1 || { cat get.log; exit 2; }
CGO_ENABLED=0 go build -mod=mod -o helm helm.sh/helm/v4/cmd/helm

mkdir -p chart/templates plugins/identity
printf 'apiVersion: v2\nname: chart\nversion: 1.0.0\n' > chart/Chart.yaml
cat > chart/templates/list.yaml <<'YAML'
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: { name: one }
    data: &shared
      key: value
  - apiVersion: v1
    kind: ConfigMap
    metadata: { name: two }
    data: *shared
YAML
cat > plugins/identity/plugin.yaml <<'YAML'
apiVersion: v1
type: postrenderer/v1
name: identity
version: 0.1.0
runtime: subprocess
config: {}
runtimeConfig:
  platformCommand:
    - command: cat
YAML
export HELM_PLUGINS="$work/plugins" HELM_CACHE_HOME="$work/cache" HELM_CONFIG_HOME="$work/config" HELM_DATA_HOME="$work/data"

if ! ./helm template plain chart > plain.yaml; then
  echo "changed: the chart does not even render without a post-renderer"
  exit 1
fi
if ./helm template rendered chart --post-renderer identity > rendered.yaml 2> error.txt; then
  echo "changed: an identity post-renderer no longer breaks a List with a shared anchor"
  exit 1
fi
if ! grep -q "unknown anchor 'shared' referenced" error.txt; then
  echo "changed: it fails for another reason:"
  cat error.txt
  exit 1
fi
echo "as described: renders without a post-renderer; with an identity one: $(head -n 1 error.txt)"
