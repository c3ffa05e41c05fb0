resource "skerry_pack_registry" "partner" {
  project = skerry_project.north.name
  name    = "partner"
  address = "registry.example:5000"
  prefix  = "packs"
}
