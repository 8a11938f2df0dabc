/** Octets of a packet that its log line takes along: headers, or a whole question (RFC 1035 2.3.4) over IPv6. */
export const LOGGED = { packet: 128, question: 384 } as const;
