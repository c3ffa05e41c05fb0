resource "skerry_project" "north" {
  name        = "north"
  description = "Ships and harbours of the north"
  members = [
    { subject = "group:north-operators", role = "operator" },
    { subject = "user:astrid@example.com", role = "admin" },
  ]
}
