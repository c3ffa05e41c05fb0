data "skerry_cluster" "shop" {
  project = skerry_project.north.name
  name    = skerry_cluster.shop.name
}

output "phase" {
  value = try(data.skerry_cluster.shop.status.phase, "unknown")
}
