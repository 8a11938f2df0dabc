import type { AgentFormat } from './format.ts';
import type { AgentSettings } from './settings.ts';

/** Why a session must reach the ingress as it is. */
function inspectionNote({ systemRoots }: AgentSettings): string {
  return systemRoots
    ? "What is inside the TLS session is no HTTP but ngrok's own multiplexer, so there is nothing to inspect, and a proxy that decrypts it ends it. No ALPN is offered; TLS 1.2 or later."
    : "Agents trust ngrok's own authority alone, so a decrypting proxy's certificate is refused (ERR_NGROK_8003, x509 errors). Inside is no HTTP but ngrok's own multiplexer. No ALPN is offered; TLS 1.2 or later.";
}

export const squid: AgentFormat = {
  id: 'squid',
  title: 'TLS inspection of Squid: what not to decrypt',
  path: 'squid-bypass.conf',
  mark: '#',
  notes: (settings) => [
    'Include it before your own `ssl_bump` lines: the first that fits decides.',
    inspectionNote(settings),
    'It allows nobody anything: for agents that go through the proxy add `http_access allow YOUR-CLIENTS tw_ingress_host` and the same for tw_ingress_lists, which are fetched over plain HTTP.',
  ],
  lines: ({ domain, support }) => [
    'acl tw_ingress_hello at_step SslBump1',
    `acl tw_ingress_tls ssl::server_name --client-requested .${domain}`,
    `acl tw_ingress_host dstdomain -n .${domain}`,
    ...(support.length === 0 ? [] : [`acl tw_ingress_lists dstdomain -n ${support.join(' ')}`]),
    '',
    'ssl_bump peek tw_ingress_hello',
    'ssl_bump splice tw_ingress_tls',
  ],
};

export const proxies: AgentFormat = {
  id: 'proxies',
  title: 'what any proxy or firewall with TLS inspection has to leave alone',
  path: 'inspection-bypass.txt',
  mark: '#',
  notes: (settings) => [
    inspectionNote(settings),
    'Exempt by server name (SNI), not by address: addresses are shared with other accounts and change. Keep the default doors refused by the same device; `tunnelwarden generate` writes rules for many.',
    'Agents that are sent through a proxy (proxy_url, http_proxy) look up no name and show their server name to the proxy alone: there the proxy has to enforce the policy.',
    'One line each: what, port, protocol, name.',
  ],
  lines: ({ domain, support }) => [
    `do-not-decrypt 443/tcp tls ${domain}`,
    `do-not-decrypt 443/tcp tls *.${domain}`,
    ...support.map((host) => `allow          80/tcp http ${host}`),
  ],
};
