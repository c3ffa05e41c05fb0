resource "skerry_cluster" "shop" {
  project = skerry_project.north.name
  name    = "shop-1"
  labels  = { site = "north" }
  profiles = [
    {
      name      = skerry_cluster_profile.edge.name
      version   = skerry_cluster_profile.edge.version
      variables = [{ name = "replicas", value = 3 }]
    },
  ]
  policy = {
    drift       = { mode = "correct" }
    maintenance = [{ days = ["sat", "sun"], start = "02:00", minutes = 120 }]
  }
}
