import { LANES, type Lane } from '../../../policy/firewall.ts';
import { isIpv4 } from '../../../policy/network.ts';
import type { Plan } from '../../backend.ts';
import { GATE_SET, hasLane, laneOf, portOf } from '../../lanes.ts';
import { LOGGED } from '../../logged.ts';
import { portsMeet } from '../../ports.ts';
import { REFUSER } from '../../refuser.ts';
import { dispatch } from './filter.ts';
import { comment, conditions, FAMILIES, ipOf, LAN, log, rule, setName, TAKEN } from './words.ts';

/** Connections that are led elsewhere: questions to our resolver, refused ones to the refuser, suspect TLS to the gate. */
export function natRules(plan: Plan): readonly string[] {
  const { packets, settings } = plan;
  const notLan = `iifname != ${LAN(settings)} accept`;
  const chain = settings.transparent ? 'pre' : 'dstnat';
  const gate = packets.sni === 'gate' ? gateRules(plan) : [];
  return [
    rule('dstnat', notLan),
    ...captureRules(plan),
    ...refuserRules(plan),
    ...(gate.length > 0 && chain === 'pre' ? preRules(plan, notLan) : []),
    ...(gate.length > 0 ? dispatch(plan, chain, 'gate') : []),
    ...gate,
    ...(gate.length > 0 && chain === 'pre' ? divertRules(plan) : []),
  ];
}

/** Port 53 of whoever is not exempt, over UDP and TCP. */
function captureRules({ packets, settings }: Plan): readonly string[] {
  const { capture } = packets;
  if (!capture) return [];
  return FAMILIES.flatMap((family) => {
    const to = capture.to.find((address) => isIpv4(address) === (family === 4));
    if (capture.to.length > 0 && to === undefined) return [];
    const ip = ipOf(family);
    const dnsok = `@${setName('dnsok', family)}`;
    const asks = `${ip} saddr != ${dnsok} ${ip} daddr != ${dnsok} meta l4proto { tcp, udp } th dport 53`;
    return [
      // Whoever asks another resolver goes round ours, or tries to.
      rule(
        'dstnat',
        asks,
        'fib daddr type != local',
        log('TW-DNS', settings.logGroup, LOGGED.question),
      ),
      rule(
        'dstnat',
        asks,
        'counter',
        to === undefined ? 'redirect to :53' : `dnat ${ip} to ${to}`,
        comment({ id: 'TW-DNS', note: 'questions come to our resolver' }),
      ),
    ];
  });
}

/** Whoever asks: the exempt, too, come there by a name that was refused. */
function refuserRules({ packets: { refuser } }: Plan): readonly string[] {
  if (!refuser) return [];
  return conditions(REFUSER).map((condition) =>
    rule(
      'dstnat',
      `${condition} meta l4proto tcp counter redirect to :${refuser.port}`,
      comment({ id: REFUSER.id, note: 'connections come to the refuser' }),
    ),
  );
}

/** What decides about TLS connections before an entry that looks has to decide here as well. */
function gateRules(plan: Plan): readonly string[] {
  return plan.packets.audiences.flatMap(({ id, entries }) => {
    const last = entries.findLastIndex(({ deed }) => deed.kind === 'look');
    const rules = entries
      .slice(0, last + 1)
      .filter(({ deed, ports }) => deed.kind !== 'record' && portsMeet(ports, TLS))
      .flatMap((entry) => {
        const lane = laneOf(entry.deed);
        return conditions({ ...entry, ports: TLS }).map((condition) =>
          lane
            ? rule(`gate_${id}`, condition, ...toGate(plan, lane), comment(entry))
            : rule(`gate_${id}`, condition, 'accept'),
        );
      });
    // A chain that is led to has to be there, though there be nothing to look at.
    return rules.length > 0 ? rules : [rule(`gate_${id}`, 'accept')];
  });
}

const TLS = [{ number: 443, transport: 'tcp' }] as const;

function toGate({ settings }: Plan, lane: Lane): readonly string[] {
  // A gate that is down must not take along all who live at a front.
  const alive = lane === 'fronts' ? `tcp dport @${GATE_SET}` : '';
  const verdict = settings.transparent
    ? `goto divert_${lane}`
    : `redirect to :${portOf(settings, lane)}`;
  return [alive, 'counter', verdict];
}

/**
 * What the gate has already stays with it, whatever the sets hold by now. A gate on port 443 is itself
 * a socket that is found for what runs past it: `socket` alone would take that along. (`socket wildcard
 * 0` is no way out: the handshake's last segment does not match.)
 */
function preRules({ packets }: Plan, notLan: string): readonly string[] {
  return [
    rule('pre', notLan),
    rule('pre', `ct mark and ${TAKEN} == ${TAKEN} socket transparent 1 ${OURS} accept`),
    ...(packets.refuser
      ? conditions(REFUSER).map((condition) => rule('pre', condition, 'accept'))
      : []),
  ];
}

const OURS = 'meta mark set meta mark or 0x1';

/**
 * Only new connections: those that run when an address comes into a set go on to the forward hook.
 * Without a listener `tproxy` matches nothing, and the packet is forwarded: there `shared` is refused.
 */
function divertRules({ packets, settings }: Plan): readonly string[] {
  return LANES.filter((lane) => hasLane(packets, lane)).map((lane) =>
    rule(
      `divert_${lane}`,
      `ct state new meta l4proto tcp tproxy to :${portOf(settings, lane)}`,
      `ct mark set ct mark or ${TAKEN} ${OURS} accept`,
    ),
  );
}
