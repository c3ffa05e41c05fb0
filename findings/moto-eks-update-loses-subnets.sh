#!/usr/bin/env bash
# moto 5.2.5: UpdateClusterConfig of EKS replaces all of resourcesVpcConfig. After endpointPublicAccess alone was changed,
# DescribeCluster says no subnets any more.
#
# Why it matters: controllers that compare what is with what is wanted (Cluster API's provider for AWS does at each look) find
# an EKS cluster without a network, and what they do next has nothing to do with AWS. Real EKS changes only what is named.
# Seen: update_cluster_config assigns the request's value to the cluster.
#
# Needs: python3 with venv, network to a Python package index. Fails when the behaviour changes.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'moto[eks]==5.2.5' boto3==1.44.8 botocore==1.44.8
venv/bin/pip freeze | grep -E '^(moto|boto3)='

cat > finding.py <<'PY'
import sys
import boto3
from moto import mock_aws

with mock_aws():
    keys = dict(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-west-1")
    eks = boto3.client("eks", **keys)
    network = {"subnetIds": ["subnet-1", "subnet-2"], "endpointPublicAccess": True}
    eks.create_cluster(name="c", roleArn="arn:aws:iam::123456789012:role/r", resourcesVpcConfig=network)
    before = eks.describe_cluster(name="c")["cluster"]["resourcesVpcConfig"].get("subnetIds")
    eks.update_cluster_config(name="c", resourcesVpcConfig={"endpointPublicAccess": False})
    after = eks.describe_cluster(name="c")["cluster"]["resourcesVpcConfig"].get("subnetIds")
    print("subnets before:", before, "after:", after)
    sys.exit(0 if before and not after else 1)
PY
venv/bin/python finding.py || { echo "changed: subnets stay"; exit 1; }
echo "as described"
