// tunnelwarden: DNSControl records of a custom ingress for Evil" ${file("x")} %{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>--- <U+000D><U+2028><U+202E><U+00E9><U+1F600> </script> @ \ .
// ingress: no.example.com, 1e3.example.com, _a-b.deep.example.net
// records 28ac4f9a52b41b55
// Made by `tunnelwarden ingress records`; change the policy, not this file.
//
// Each D_EXTEND adds to a D() of the same zone, which stands above it.

D_EXTEND("example.com",
  // no.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
  // Keep A, AAAA, CNAME, TXT records at or below no.example.com out of example.com: they would hide the delegation, or it them.
  // No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
  // CAA: where example.com or a domain above it has CAA records, one must be: 0 issue "letsencrypt.org"
  NS("no", "ns-1.example.net.", TTL(30)),
  // 1e3.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
  // Keep A, AAAA, CNAME, TXT records at or below 1e3.example.com out of example.com: they would hide the delegation, or it them.
  // DS: when the service changes the keys of its zone, these have to change before.
  NS("1e3", "ns-1.example.net.", TTL(604800)),
  NS("1e3", "ns-2.example.net.", TTL(604800)),
  DS("1e3", 12345, 13, 2, "49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0011", TTL(604800)),
  DS("1e3", 1, 15, 4, "49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55", TTL(604800))
);

D_EXTEND("deep.example.net",
  // _a-b.deep.example.net is handed over to the service: what lies below it, addresses and certificates, is the service's.
  // Keep A, AAAA, CNAME, TXT records at or below _a-b.deep.example.net out of deep.example.net: they would hide the delegation, or it them.
  // No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
  NS("_a-b", "ns-9.example.org.", TTL(3600)),
  NS("_a-b", "0.example.org.", TTL(3600))
);
