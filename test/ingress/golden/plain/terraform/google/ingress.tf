# tunnelwarden: Terraform records in Google Cloud DNS of a custom ingress for Example Corp
# ingress: tunnels.example.com
# records 5271a1fe7e770f09
# Made by `tunnelwarden ingress records`; change the policy, not this file.

terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 4.0"
    }
  }
}

variable "example_com_managed_zone" {
  description = "name of the managed zone that holds example.com"
  type        = string
}

# tunnels.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below tunnels.example.com out of example.com: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
resource "google_dns_record_set" "tunnels_example_com_ns" {
  managed_zone = var.example_com_managed_zone
  name         = "tunnels.example.com."
  type         = "NS"
  ttl          = 3600

  rrdatas = [
    "ns-1.example.net.",
    "ns-2.example.net.",
    "ns-3.example.org.",
    "ns-4.example.org.",
  ]
}
