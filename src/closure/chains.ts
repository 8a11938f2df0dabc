import type { Opening } from '../gate/opening.ts';
import type { Endpoint } from '../policy/endpoint.ts';
import type { Name } from '../policy/name.ts';
import type { Bypass, FallbackStep, TunnelService } from '../policy/service.ts';
import { questionSteps } from './questions.ts';
import { plainSteps, sessionOf, tlsSteps } from './session.ts';
import type { Step } from './step.ts';

/** What a chain is made from, beside the service. */
export type ChainInput = {
  /** Public resolvers, for those that the service's agents ask. */
  readonly bypasses: readonly Bypass[];
  /** The sanctioned names of this service's ingress, if it has one. */
  readonly doors: readonly Name[];
  /** An HTTP proxy that clients can reach. */
  readonly proxy?: Endpoint;
};

/**
 * All that the agents of a service try, or could be made to try, to reach it: first what the catalogue
 * says of them, in their order, then what anyone can do by hand.
 */
export function chainOf(
  service: TunnelService,
  { bypasses, doors, proxy }: ChainInput,
): readonly Step[] {
  const session = sessionOf(service);
  const steps = [
    ...questionSteps(service, session.names, bypasses),
    ...tlsSteps(service, session, doors),
    ...plainSteps(service, session),
    proxyStep(proxy),
  ];
  const rank = ({ id }: Step) => service.fallback.findIndex(({ via }) => VIA[via].test(id));
  const isKnown = (step: Step) => rank(step) >= 0;
  const about = (step: Step) => ({
    ...step,
    known: isKnown(step),
    notes: service.fallback.flatMap(({ via, note }) =>
      note !== undefined && VIA[via].test(step.id) ? [note] : [],
    ),
  });
  return [
    ...steps.filter(isKnown).sort((a, b) => rank(a) - rank(b)),
    ...steps.filter((step) => !isKnown(step)),
  ].map(about);
}

/** What a proxy is asked for, the gateway does not see: it can only be kept from its clients. */
function proxyStep(proxy: Endpoint | undefined): Step {
  const step: Step = { id: 'proxy', known: false, notes: [], ways: [] };
  if (!proxy) return step;
  const { address, port } = proxy;
  const opening: Opening = { kind: 'http', method: 'CONNECT', target: '' };
  return { ...step, ways: [[{ kind: 'flow', to: { address }, transport: 'tcp', port, opening }]] };
}

/** Which steps a line of a catalogue's fallback chain is about. */
const VIA: Readonly<Record<FallbackStep['via'], RegExp>> = {
  'system-dns': /^system-dns$/,
  dns: /^foreign-dns$/,
  dot: /^dot$/,
  doh: /^doh-/,
  file: /^file$/,
  name: /^session-name$/,
  sni: /^session-reversed-sni$/,
  address: /^session-(address|foreign-sni)$/,
  ssh: /^ssh-/,
  proxy: /^proxy$/,
  quic: /^quic$/,
};
