resource "skerry_cluster" "site" {
  project = skerry_project.north.name
  name    = "site"
}

resource "skerry_gateway" "site" {
  project        = skerry_project.north.name
  name           = "site"
  cluster        = skerry_cluster.site.name
  max_concurrent = 5
  pools = [
    { name = "nodes", ranges = ["10.20.0.10-10.20.0.90"], prefix = 24, gateway = "10.20.0.1" },
  ]
}
