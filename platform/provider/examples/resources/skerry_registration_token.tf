resource "skerry_registration_token" "shop" {
  project     = skerry_project.north.name
  cluster     = skerry_cluster.shop.name
  ttl_seconds = 86400
}
