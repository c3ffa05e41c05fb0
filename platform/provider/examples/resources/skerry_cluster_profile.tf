data "skerry_pack" "podinfo" {
  name    = "podinfo"
  version = "1.0.0"
}

resource "skerry_cluster_profile" "edge" {
  project = skerry_project.north.name
  name    = "edge"
  version = "1.0.0"
  variables = [
    { name = "replicas", type = "integer", default = 1 },
  ]
  packs = [
    {
      name    = data.skerry_pack.podinfo.name
      version = data.skerry_pack.podinfo.version
      digest  = data.skerry_pack.podinfo.digest
      values  = yamlencode({ replicas = 2 })
    },
  ]

  # Clusters go to the new version before the old one is deleted.
  lifecycle {
    create_before_destroy = true
  }
}
