# tunnelwarden: Terraform records in Cloudflare of a custom ingress for Example Corp
# ingress: tunnels.example.com
# records 5271a1fe7e770f09
# Made by `tunnelwarden ingress records`; change the policy, not this file.

terraform {
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = ">= 5.0"
    }
  }
}

variable "example_com_zone_id" {
  description = "zone ID of example.com"
  type        = string
}

# tunnels.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below tunnels.example.com out of example.com: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
resource "cloudflare_dns_record" "tunnels_example_com_ns_1" {
  zone_id = var.example_com_zone_id
  name    = "tunnels.example.com"
  type    = "NS"
  content = "ns-1.example.net"
  ttl     = 3600
  comment = "tunnelwarden: custom ingress of Example Corp"
}

resource "cloudflare_dns_record" "tunnels_example_com_ns_2" {
  zone_id = var.example_com_zone_id
  name    = "tunnels.example.com"
  type    = "NS"
  content = "ns-2.example.net"
  ttl     = 3600
  comment = "tunnelwarden: custom ingress of Example Corp"
}

resource "cloudflare_dns_record" "tunnels_example_com_ns_3" {
  zone_id = var.example_com_zone_id
  name    = "tunnels.example.com"
  type    = "NS"
  content = "ns-3.example.org"
  ttl     = 3600
  comment = "tunnelwarden: custom ingress of Example Corp"
}

resource "cloudflare_dns_record" "tunnels_example_com_ns_4" {
  zone_id = var.example_com_zone_id
  name    = "tunnels.example.com"
  type    = "NS"
  content = "ns-4.example.org"
  ttl     = 3600
  comment = "tunnelwarden: custom ingress of Example Corp"
}
