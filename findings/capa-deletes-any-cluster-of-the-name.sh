#!/usr/bin/env bash
# Cluster API's provider for AWS (CAPA) v2.13.0 deletes an EKS cluster of the wanted name whoever made it: no tag is asked for.
#
# Why it matters: two management clusters that use one account, or a cluster that somebody made by hand, need only share a name
# and a region. The check on adoption is there (`ownedTag == nil`) but never true, since aws.String gives a pointer to an empty
# text for a tag that is missing; on deletion there is none.
# Cure: names in AWS that nobody else has, as with a hash of the cluster's id (spec.eksClusterName).
#
# The program below calls the exported DeleteControlPlane with an EKS API that knows one cluster, without any tag.
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
	"time"

	awseks "github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	infrav1 "sigs.k8s.io/cluster-api-provider-aws/v2/api/v1beta2"
	ekscontrolplanev1 "sigs.k8s.io/cluster-api-provider-aws/v2/controlplane/eks/api/v1beta2"
	"sigs.k8s.io/cluster-api-provider-aws/v2/pkg/cloud/scope"
	"sigs.k8s.io/cluster-api-provider-aws/v2/pkg/cloud/services/eks"
	clusterv1 "sigs.k8s.io/cluster-api/api/core/v1beta2"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

// An account with one cluster that nobody tagged.
type strangers struct {
	eks.EKSAPI
	deleted string
}

func (s *strangers) DescribeCluster(_ context.Context, in *awseks.DescribeClusterInput, _ ...func(*awseks.Options)) (*awseks.DescribeClusterOutput, error) {
	return &awseks.DescribeClusterOutput{Cluster: &ekstypes.Cluster{Name: in.Name, Status: ekstypes.ClusterStatusActive}}, nil
}

func (s *strangers) DeleteCluster(_ context.Context, in *awseks.DeleteClusterInput, _ ...func(*awseks.Options)) (*awseks.DeleteClusterOutput, error) {
	s.deleted = *in.Name
	return &awseks.DeleteClusterOutput{}, nil
}

func (s *strangers) WaitUntilClusterDeleted(context.Context, *awseks.DescribeClusterInput, time.Duration) error {
	return nil
}

func main() {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clusterv1.AddToScheme, infrav1.AddToScheme, ekscontrolplanev1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	meta := metav1.ObjectMeta{Name: "mine", Namespace: "default"}
	controlPlane := &ekscontrolplanev1.AWSManagedControlPlane{ObjectMeta: meta}
	controlPlane.Spec.EKSClusterName = "production"
	controlPlane.Spec.Region = "eu-west-1"
	client := fake.NewClientBuilder().WithScheme(scheme).WithObjects(controlPlane).Build()
	params := scope.ManagedControlPlaneScopeParams{
		Client: client, Cluster: &clusterv1.Cluster{ObjectMeta: meta}, ControlPlane: controlPlane,
	}
	managed, err := scope.NewManagedControlPlaneScope(params)
	if err != nil {
		panic(err)
	}
	account := &strangers{}
	service := eks.NewService(managed)
	service.EKSClient = account
	err = service.DeleteControlPlane(context.Background())
	fmt.Printf("deleted: %q, error: %v\n", account.deleted, err)
	if account.deleted != "production" {
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
AWS_EC2_METADATA_DISABLED=true ./finding || { echo "changed: a cluster without the tag is left alone"; exit 1; }
echo "as described"
