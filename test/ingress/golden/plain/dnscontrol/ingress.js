// tunnelwarden: DNSControl records of a custom ingress for Example Corp
// ingress: tunnels.example.com
// records 5271a1fe7e770f09
// Made by `tunnelwarden ingress records`; change the policy, not this file.
//
// Each D_EXTEND adds to a D() of the same zone, which stands above it.

D_EXTEND("example.com",
  // tunnels.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
  // Keep A, AAAA, CNAME, TXT records at or below tunnels.example.com out of example.com: they would hide the delegation, or it them.
  // No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
  NS("tunnels", "ns-1.example.net.", TTL(3600)),
  NS("tunnels", "ns-2.example.net.", TTL(3600)),
  NS("tunnels", "ns-3.example.org.", TTL(3600)),
  NS("tunnels", "ns-4.example.org.", TTL(3600))
);
