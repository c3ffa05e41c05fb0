resource "skerry_alert_receiver" "watch" {
  project  = skerry_project.north.name
  name     = "watch"
  severity = "critical"
  webhook  = { url = "https://alerts.example/hook", secret = { name = "hook", key = "token" } }
}
