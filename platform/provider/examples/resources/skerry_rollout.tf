resource "skerry_rollout" "edge" {
  project      = skerry_project.north.name
  name         = "edge"
  profile      = skerry_cluster_profile.edge.name
  version      = skerry_cluster_profile.edge.version
  selector     = { site = "north" }
  batch        = 2
  soak_seconds = 600
  paused       = true
}
