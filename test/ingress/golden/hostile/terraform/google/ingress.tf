# tunnelwarden: Terraform records in Google Cloud DNS of a custom ingress for Evil" ${file("x")} %{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>--- <U+000D><U+2028><U+202E><U+00E9><U+1F600> </script> @ \ .
# ingress: no.example.com, 1e3.example.com, _a-b.deep.example.net
# records 28ac4f9a52b41b55
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

variable "deep_example_net_managed_zone" {
  description = "name of the managed zone that holds deep.example.net"
  type        = string
}

# no.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below no.example.com out of example.com: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
# CAA: where example.com or a domain above it has CAA records, one must be: 0 issue "letsencrypt.org"
resource "google_dns_record_set" "no_example_com_ns" {
  managed_zone = var.example_com_managed_zone
  name         = "no.example.com."
  type         = "NS"
  ttl          = 30

  rrdatas = [
    "ns-1.example.net.",
  ]
}

# 1e3.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below 1e3.example.com out of example.com: they would hide the delegation, or it them.
# DS: when the service changes the keys of its zone, these have to change before.
resource "google_dns_record_set" "_1e3_example_com_ns" {
  managed_zone = var.example_com_managed_zone
  name         = "1e3.example.com."
  type         = "NS"
  ttl          = 604800

  rrdatas = [
    "ns-1.example.net.",
    "ns-2.example.net.",
  ]
}

resource "google_dns_record_set" "_1e3_example_com_ds" {
  managed_zone = var.example_com_managed_zone
  name         = "1e3.example.com."
  type         = "DS"
  ttl          = 604800

  rrdatas = [
    "12345 13 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0011",
    "1 15 4 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55",
  ]
}

# _a-b.deep.example.net is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below _a-b.deep.example.net out of deep.example.net: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
resource "google_dns_record_set" "___a-b_deep_example_net_ns" {
  managed_zone = var.deep_example_net_managed_zone
  name         = "_a-b.deep.example.net."
  type         = "NS"
  ttl          = 3600

  rrdatas = [
    "ns-9.example.org.",
    "0.example.org.",
  ]
}
