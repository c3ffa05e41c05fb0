#!/usr/bin/env bash
# Cluster API's provider for AWS (CAPA) v2.13.0: after the keys in the Secret of an AWSClusterStaticIdentity are rotated, only
# the first of its controllers that looks takes the new ones. All others keep their sessions with the old keys until the
# process ends.
#
# Why it matters: keys that were revoked and replaced go on being refused, for creating, scaling and deleting, with a Secret that
# is right. Seen: whether keys are new is asked of a cache of all controllers, and then each session has a cache of its own.
# Cure: restart the controller when keys change, as with an annotation of its pods.
#
# Needs: go, network to a Go module proxy, some minutes for the first build. Fails when the behaviour changes.
set -euo pipefail

work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
cd "$work"

cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	infrav1 "sigs.k8s.io/cluster-api-provider-aws/v2/api/v1beta2"
	ekscontrolplanev1 "sigs.k8s.io/cluster-api-provider-aws/v2/controlplane/eks/api/v1beta2"
	"sigs.k8s.io/cluster-api-provider-aws/v2/pkg/cloud/scope"
	clusterv1 "sigs.k8s.io/cluster-api/api/core/v1beta2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Which key a controller of this name works with.
func keyOf(kube client.Client, controlPlane *ekscontrolplanev1.AWSManagedControlPlane, controller string) string {
	managed, err := scope.NewManagedControlPlaneScope(scope.ManagedControlPlaneScopeParams{
		Client: kube, Cluster: &clusterv1.Cluster{ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "default"}},
		ControlPlane: controlPlane, ControllerName: controller,
	})
	check(err)
	session := managed.Session()
	keys, err := session.Credentials.Retrieve(context.Background())
	check(err)
	return keys.AccessKeyID
}

func main() {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, clusterv1.AddToScheme, infrav1.AddToScheme, ekscontrolplanev1.AddToScheme} {
		check(add(scheme))
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "keys", Namespace: "capa-system"}}
	secret.Data = map[string][]byte{"AccessKeyID": []byte("OLD"), "SecretAccessKey": []byte("secret")}
	identity := &infrav1.AWSClusterStaticIdentity{ObjectMeta: metav1.ObjectMeta{Name: "account"}}
	identity.Spec.SecretRef = "keys"
	identity.Spec.AllowedNamespaces = &infrav1.AllowedNamespaces{}
	controlPlane := &ekscontrolplanev1.AWSManagedControlPlane{ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "default"}}
	controlPlane.Spec.Region = "eu-west-1"
	controlPlane.Spec.IdentityRef = &infrav1.AWSIdentityReference{Kind: infrav1.ClusterStaticIdentityKind, Name: "account"}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(ekscontrolplanev1.GroupVersion.WithKind("AWSManagedControlPlane"), meta.RESTScopeNamespace)
	mapper.Add(infrav1.GroupVersion.WithKind("AWSClusterStaticIdentity"), meta.RESTScopeRoot)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Namespace"), meta.RESTScopeRoot)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	kube := fake.NewClientBuilder().WithScheme(scheme).WithRESTMapper(mapper).WithObjects(secret, identity, controlPlane, namespace).Build()

	fmt.Println("before:", keyOf(kube, controlPlane, "one"), keyOf(kube, controlPlane, "other"))
	check(kube.Get(context.Background(), client.ObjectKeyFromObject(secret), secret))
	secret.Data["AccessKeyID"] = []byte("NEW")
	check(kube.Update(context.Background(), secret))
	one, other := keyOf(kube, controlPlane, "one"), keyOf(kube, controlPlane, "other")
	fmt.Println("after: ", one, other)
	if one != "NEW" || other != "OLD" {
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
AWS_EC2_METADATA_DISABLED=true ./finding || { echo "changed: all controllers take the new keys, or none"; exit 1; }
echo "as described"
