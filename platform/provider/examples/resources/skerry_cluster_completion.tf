# What may only follow once the cluster has all that was asked for depends on this.
resource "skerry_cluster_completion" "shop" {
  project      = skerry_project.north.name
  cluster      = skerry_cluster.shop.name
  triggers     = skerry_cluster.shop.profiles
  wait_minutes = 20
}
