resource "skerry_cloud_account" "datacentre" {
  project     = skerry_project.north.name
  name        = "datacentre"
  type        = "vsphere"
  endpoint    = "https://vcenter.example"
  gateway     = skerry_gateway.site.name
  credentials = { name = "datacentre" }
}
