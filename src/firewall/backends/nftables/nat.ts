import { isIpv4 } from '../../../policy/network.ts';
import type { Plan } from '../../backend.ts';
import { portsMeet } from '../../ports.ts';
import { dispatch } from './filter.ts';
import { comment, conditions, FAMILIES, ipOf, LAN, rule, setName, TAKEN } from './words.ts';

/** Connections that are led elsewhere: questions to our resolver, suspect TLS to the gate. */
export function natRules(plan: Plan): readonly string[] {
  const { packets, settings } = plan;
  const notLan = `iifname != ${LAN(settings)} accept`;
  const chain = settings.transparent ? 'pre' : 'dstnat';
  const gate = packets.sni === 'gate' ? gateRules(plan) : [];
  return [
    rule('dstnat', notLan),
    ...captureRules(plan),
    ...(gate.length > 0 && chain === 'pre' ? [rule('pre', notLan)] : []),
    ...(gate.length > 0 ? dispatchGate(plan, chain) : []),
    ...gate,
    ...(gate.length > 0 && chain === 'pre' ? divertRules(plan) : []),
  ];
}

/** Port 53 of whoever is not exempt, over UDP and TCP. */
function captureRules({ packets }: Plan): readonly string[] {
  const { capture } = packets;
  if (!capture) return [];
  return FAMILIES.flatMap((family) => {
    const to = capture.to.find((address) => isIpv4(address) === (family === 4));
    if (capture.to.length > 0 && to === undefined) return [];
    const ip = ipOf(family);
    const dnsok = `@${setName('dnsok', family)}`;
    return [
      rule(
        'dstnat',
        `${ip} saddr != ${dnsok} ${ip} daddr != ${dnsok}`,
        'meta l4proto { tcp, udp } th dport 53 counter',
        to === undefined ? 'redirect to :53' : `dnat ${ip} to ${to}`,
        comment({ id: 'TW-DNS', note: 'questions come to our resolver' }),
      ),
    ];
  });
}

function dispatchGate(plan: Plan, chain: string): readonly string[] {
  return dispatch(plan, chain, 'gate');
}

/** What decides about TLS connections before an entry that looks has to decide here as well. */
function gateRules({ packets, settings }: Plan): readonly string[] {
  const verdict = settings.transparent ? 'goto divert' : `redirect to :${settings.gate}`;
  return packets.audiences.flatMap(({ id, entries }) => {
    const last = entries.findLastIndex(({ deed }) => deed.kind === 'look');
    const rules = entries
      .slice(0, last + 1)
      .filter(({ deed, ports }) => deed.kind !== 'record' && portsMeet(ports, TLS))
      .flatMap((entry) =>
        conditions({ ...entry, ports: TLS }).map((condition) =>
          entry.deed.kind === 'look'
            ? rule(`gate_${id}`, condition, 'counter', verdict, comment(entry))
            : rule(`gate_${id}`, condition, 'accept'),
        ),
      );
    // A chain that is led to has to be there, though there be nothing to look at.
    return rules.length > 0 ? rules : [rule(`gate_${id}`, 'accept')];
  });
}

const TLS = [{ number: 443, transport: 'tcp' }] as const;

/**
 * Only new connections: those that run when an address comes into a set go on to the forward hook.
 * Without a listener `tproxy` matches nothing, and the packet is forwarded: there `shared` is refused.
 */
function divertRules({ settings }: Plan): readonly string[] {
  // A gate on port 443 is itself a socket that is found for what runs past it: `socket` alone would
  // take that along. (`socket wildcard 0` is no way out: the handshake's last segment does not match.)
  const taken = `ct mark and ${TAKEN} == ${TAKEN}`;
  const ours = 'meta mark set meta mark or 0x1';
  return [
    rule('divert', taken, `socket transparent 1 ${ours} accept`),
    rule(
      'divert',
      `ct state new meta l4proto tcp tproxy to :${settings.gate}`,
      `ct mark set ct mark or ${TAKEN} ${ours} accept`,
    ),
  ];
}
