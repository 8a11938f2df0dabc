# tunnelwarden: Terraform records in Azure DNS of a custom ingress for Evil" ${file("x")} %{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>--- <U+000D><U+2028><U+202E><U+00E9><U+1F600> </script> @ \ .
# ingress: no.example.com, 1e3.example.com, _a-b.deep.example.net
# records 28ac4f9a52b41b55
# Made by `tunnelwarden ingress records`; change the policy, not this file.

terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 3.0"
    }
  }
}

variable "example_com_resource_group" {
  description = "resource group of the DNS zone example.com"
  type        = string
}

variable "deep_example_net_resource_group" {
  description = "resource group of the DNS zone deep.example.net"
  type        = string
}

# no.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below no.example.com out of example.com: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
# CAA: where example.com or a domain above it has CAA records, one must be: 0 issue "letsencrypt.org"
resource "azurerm_dns_ns_record" "no_example_com_ns" {
  name                = "no"
  zone_name           = "example.com"
  resource_group_name = var.example_com_resource_group
  ttl                 = 30

  records = [
    "ns-1.example.net.",
  ]
}

# 1e3.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below 1e3.example.com out of example.com: they would hide the delegation, or it them.
# DS: when the service changes the keys of its zone, these have to change before.
resource "azurerm_dns_ns_record" "_1e3_example_com_ns" {
  name                = "1e3"
  zone_name           = "example.com"
  resource_group_name = var.example_com_resource_group
  ttl                 = 604800

  records = [
    "ns-1.example.net.",
    "ns-2.example.net.",
  ]
}

# The provider has no resource for DS records; the command line of Azure has:
#   az network dns record-set ds add-record -g GROUP -z example.com -n 1e3 --key-tag 12345 --algorithm 13 --digest-type 2 --digest 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0011
#   az network dns record-set ds add-record -g GROUP -z example.com -n 1e3 --key-tag 1 --algorithm 15 --digest-type 4 --digest 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55

# _a-b.deep.example.net is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below _a-b.deep.example.net out of deep.example.net: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
resource "azurerm_dns_ns_record" "___a-b_deep_example_net_ns" {
  name                = "_a-b"
  zone_name           = "deep.example.net"
  resource_group_name = var.deep_example_net_resource_group
  ttl                 = 3600

  records = [
    "ns-9.example.org.",
    "0.example.org.",
  ]
}
