# tunnelwarden: Terraform records in Cloudflare of a custom ingress for Evil" ${file("x")} %{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>--- <U+000D><U+2028><U+202E><U+00E9><U+1F600> </script> @ \ .
# ingress: no.example.com, 1e3.example.com, _a-b.deep.example.net
# records 28ac4f9a52b41b55
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

variable "deep_example_net_zone_id" {
  description = "zone ID of deep.example.net"
  type        = string
}

# no.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below no.example.com out of example.com: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
# CAA: where example.com or a domain above it has CAA records, one must be: 0 issue "letsencrypt.org"
resource "cloudflare_dns_record" "no_example_com_ns_1" {
  zone_id = var.example_com_zone_id
  name    = "no.example.com"
  type    = "NS"
  content = "ns-1.example.net"
  ttl     = 60
  comment = "tunnelwarden: custom ingress of Evil\" $${file(\"x\")} %%{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>---"
}

# 1e3.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below 1e3.example.com out of example.com: they would hide the delegation, or it them.
# DS: when the service changes the keys of its zone, these have to change before.
resource "cloudflare_dns_record" "_1e3_example_com_ns_1" {
  zone_id = var.example_com_zone_id
  name    = "1e3.example.com"
  type    = "NS"
  content = "ns-1.example.net"
  ttl     = 86400
  comment = "tunnelwarden: custom ingress of Evil\" $${file(\"x\")} %%{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>---"
}

resource "cloudflare_dns_record" "_1e3_example_com_ns_2" {
  zone_id = var.example_com_zone_id
  name    = "1e3.example.com"
  type    = "NS"
  content = "ns-2.example.net"
  ttl     = 86400
  comment = "tunnelwarden: custom ingress of Evil\" $${file(\"x\")} %%{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>---"
}

resource "cloudflare_dns_record" "_1e3_example_com_ds_1" {
  zone_id = var.example_com_zone_id
  name    = "1e3.example.com"
  type    = "DS"
  ttl     = 86400
  comment = "tunnelwarden: custom ingress of Evil\" $${file(\"x\")} %%{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>---"

  data = {
    key_tag     = 12345
    algorithm   = 13
    digest_type = 2
    digest      = "49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0011"
  }
}

resource "cloudflare_dns_record" "_1e3_example_com_ds_2" {
  zone_id = var.example_com_zone_id
  name    = "1e3.example.com"
  type    = "DS"
  ttl     = 86400
  comment = "tunnelwarden: custom ingress of Evil\" $${file(\"x\")} %%{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>---"

  data = {
    key_tag     = 1
    algorithm   = 15
    digest_type = 4
    digest      = "49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55"
  }
}

# _a-b.deep.example.net is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below _a-b.deep.example.net out of deep.example.net: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
resource "cloudflare_dns_record" "___a-b_deep_example_net_ns_1" {
  zone_id = var.deep_example_net_zone_id
  name    = "_a-b.deep.example.net"
  type    = "NS"
  content = "ns-9.example.org"
  ttl     = 3600
  comment = "tunnelwarden: custom ingress of Evil\" $${file(\"x\")} %%{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>---"
}

resource "cloudflare_dns_record" "___a-b_deep_example_net_ns_2" {
  zone_id = var.deep_example_net_zone_id
  name    = "_a-b.deep.example.net"
  type    = "NS"
  content = "0.example.org"
  ttl     = 3600
  comment = "tunnelwarden: custom ingress of Evil\" $${file(\"x\")} %%{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>---"
}
