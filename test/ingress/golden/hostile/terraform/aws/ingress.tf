# tunnelwarden: Terraform records in Amazon Route 53 of a custom ingress for Evil" ${file("x")} %{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>--- <U+000D><U+2028><U+202E><U+00E9><U+1F600> </script> @ \ .
# ingress: no.example.com, 1e3.example.com, _a-b.deep.example.net
# records 28ac4f9a52b41b55
# Made by `tunnelwarden ingress records`; change the policy, not this file.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.0"
    }
  }
}

variable "example_com_zone_id" {
  description = "hosted zone ID of example.com"
  type        = string
}

variable "deep_example_net_zone_id" {
  description = "hosted zone ID of deep.example.net"
  type        = string
}

# no.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below no.example.com out of example.com: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
# CAA: where example.com or a domain above it has CAA records, one must be: 0 issue "letsencrypt.org"
resource "aws_route53_record" "no_example_com_ns" {
  zone_id = var.example_com_zone_id
  name    = "no.example.com."
  type    = "NS"
  ttl     = 30

  records = [
    "ns-1.example.net.",
  ]
}

# 1e3.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below 1e3.example.com out of example.com: they would hide the delegation, or it them.
# DS: when the service changes the keys of its zone, these have to change before.
resource "aws_route53_record" "_1e3_example_com_ns" {
  zone_id = var.example_com_zone_id
  name    = "1e3.example.com."
  type    = "NS"
  ttl     = 604800

  records = [
    "ns-1.example.net.",
    "ns-2.example.net.",
  ]
}

resource "aws_route53_record" "_1e3_example_com_ds" {
  zone_id = var.example_com_zone_id
  name    = "1e3.example.com."
  type    = "DS"
  ttl     = 604800

  records = [
    "12345 13 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0011",
    "1 15 4 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55",
  ]
}

# _a-b.deep.example.net is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below _a-b.deep.example.net out of deep.example.net: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
resource "aws_route53_record" "___a-b_deep_example_net_ns" {
  zone_id = var.deep_example_net_zone_id
  name    = "_a-b.deep.example.net."
  type    = "NS"
  ttl     = 3600

  records = [
    "ns-9.example.org.",
    "0.example.org.",
  ]
}
