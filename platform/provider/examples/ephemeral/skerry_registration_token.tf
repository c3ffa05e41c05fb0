ephemeral "skerry_registration_token" "shop" {
  project     = skerry_project.north.name
  cluster     = skerry_cluster.shop.name
  auto_accept = true
}

# For example: helm_release.agent.set_wo, or a provider that is configured with it.
