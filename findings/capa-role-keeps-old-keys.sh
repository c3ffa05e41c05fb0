#!/usr/bin/env bash
# Cluster API's provider for AWS (CAPA) v2.13.0: what it keeps a role's session under (Hash of the provider of an
# AWSClusterRoleIdentity) does not depend on the keys that the role is assumed with.
#
# Why it matters: sessions are kept under this hash for as long as the process lives, with the keys that they were opened
# with. After the keys in the Secret are rotated, the role goes on being assumed with the old ones, until the
# AWSClusterRoleIdentity itself changes or the controller is restarted. For an AWSClusterStaticIdentity the hash does change.
# Cure: let an annotation of the AWSClusterRoleIdentity change with the keys.
#
# Needs: go, network to a Go module proxy. Fails when the behaviour changes.
set -euo pipefail

work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cd "$work"

cat > main.go <<'GO'
package main

import (
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	infrav1 "sigs.k8s.io/cluster-api-provider-aws/v2/api/v1beta2"
	"sigs.k8s.io/cluster-api-provider-aws/v2/pkg/cloud/identity"
	"sigs.k8s.io/cluster-api-provider-aws/v2/pkg/logger"
	"k8s.io/klog/v2"
)

func hashes(keyID string) (string, string) {
	secret := &corev1.Secret{Data: map[string][]byte{"AccessKeyID": []byte(keyID), "SecretAccessKey": []byte(keyID)}}
	static := identity.NewAWSStaticPrincipalTypeProvider(&infrav1.AWSClusterStaticIdentity{}, secret)
	role := identity.NewAWSRolePrincipalTypeProvider(&infrav1.AWSClusterRoleIdentity{}, static, "eu-west-1", logger.NewLogger(klog.Background()))
	staticHash, err := static.Hash()
	if err != nil {
		panic(err)
	}
	roleHash, err := role.Hash()
	if err != nil {
		panic(err)
	}
	return staticHash, roleHash
}

func main() {
	oldStatic, oldRole := hashes("OLD")
	newStatic, newRole := hashes("NEW")
	fmt.Printf("other keys: static identity kept apart %v, role identity kept apart %v\n", oldStatic != newStatic, oldRole != newRole)
	if oldStatic == newStatic || oldRole != newRole {
		os.Exit(1)
	}
}
GO
cat > go.mod <<'MOD'
module finding
go 1.26
require sigs.k8s.io/cluster-api-provider-aws/v2 v2.13.0
MOD
go mod tidy > tidy.log 2>&1 || { cat tidy.log; exit 2; }
go list -m sigs.k8s.io/cluster-api-provider-aws/v2
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o finding . || exit 2
./finding || { echo "changed: a role's session is kept apart by its source's keys now"; exit 1; }
echo "as described"
