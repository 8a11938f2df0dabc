import type { Opening } from '../gate/opening.ts';
import { labelsOf, type Name, parseName } from '../policy/name.ts';
import type { Port, Transport, TunnelService } from '../policy/service.ts';
import { namesBy, portsBy, samplesOf, stepOf, tls, writtenOut } from './said.ts';
import type { Place, Step, StepId, Way, Wire } from './step.ts';

/** Somebody else's name, of which no policy speaks. */
const FOREIGN = parseName('www.example.net');
const TLS_PORT = 443;

/** What the agents of a service dial. */
export type Session = {
  /** All that are written out, those of known regions too. */
  readonly names: readonly Name[];
  /** Where they are dialled, each with the name it is known by. */
  readonly doors: readonly { readonly place: Place; readonly name?: Name }[];
  readonly ports: readonly Port[];
  /** Fixed addresses that agents know beside these doors. */
  readonly builtIn: readonly { readonly place: Place; readonly ports: readonly Port[] }[];
};

export function sessionOf({ names, networks, ports, fallback }: TunnelService): Session {
  // A name that is something else by itself opens no session, though names below it may.
  const others = new Set(
    names.filter(({ role }) => role !== 'session').map(({ pattern }) => pattern.name),
  );
  const listed = names
    .filter(({ role }) => role === 'session')
    .flatMap(({ pattern, known }) => writtenOut(pattern, known))
    .filter((name) => !others.has(name));
  const found = [...new Set([...listed, ...namesBy(fallback, ['name'])])];
  const [first] = found;
  return {
    names: found,
    doors: [
      ...found.map((name) => ({ place: { name }, name })),
      ...samplesOf(networks).map((address) => ({
        place: { address },
        ...(first === undefined ? {} : { name: first }),
      })),
    ],
    builtIn: fallback
      .filter(({ via }) => via === 'address')
      .flatMap(({ networks: fixed, ports }) =>
        samplesOf(fixed).map((address) => ({ place: { address }, ports })),
      ),
    ports: [...ports, ...portsBy(fallback, ['address', 'quic', 'sni', 'name'])],
  };
}

type Dial = { readonly place: Place; readonly name?: Name; readonly port: number };

/** The session over TLS, in all disguises. */
export function tlsSteps(
  { sni }: TunnelService,
  { doors, names, ports, builtIn }: Session,
  sanctioned: readonly Name[],
): readonly Step[] {
  // Port 22 is for ssh, and 80 for what is no TLS.
  const own = numbersOf(ports, 'tcp').filter((number) => ![22, 80].includes(number));
  const numbers = [...new Set([TLS_PORT, ...own])];
  const named = doors.flatMap((door) => numbers.map((port): Dial => ({ ...door, port })));
  // Who has addresses built in needs no name for them.
  const nameless = builtIn.flatMap(({ place, ports }) =>
    (ports.length === 0 ? [TLS_PORT] : numbersOf(ports, 'tcp')).map(
      (port): Dial => ({ place, port }),
    ),
  );
  const step = (
    id: StepId,
    dials: readonly Dial[],
    shownFor: (name: Name | undefined) => readonly (Name | undefined)[],
    wire: Wire = 'whole',
  ) =>
    stepOf(
      id,
      dials.flatMap(({ place, name, port }) =>
        shownFor(name).map((shown): Way => {
          const opening = tls(shown);
          return [{ kind: 'flow', to: place, transport: 'tcp', port, opening, wire }];
        }),
      ),
    );
  const itself = (name: Name | undefined) => (name === undefined ? [] : [name]);
  const hidden = [
    ...sni.flatMap((pattern) => writtenOut(pattern, ['su'])),
    ...(names[0] === undefined ? [] : [backwards(names[0])]),
  ];
  return [
    ...step('session-name', named, itself),
    ...step('session-fragmented', named, itself, 'fragmented'),
    ...step('session-decoy', named, itself, 'decoy'),
    ...step('session-address', [...named, ...nameless], () => [undefined]),
    ...step('session-foreign-sni', [...named, ...nameless], () => [FOREIGN]),
    ...step('session-reversed-sni', named, () => hidden),
    ...step('session-sanctioned-sni', named, () => sanctioned.slice(0, 1)),
  ];
}

function numbersOf(ports: readonly Port[], over: Transport): readonly number[] {
  const numbers = ports.flatMap(({ transport, number }) => (transport === over ? [number] : []));
  return [...new Set(numbers)];
}

/** As ngrok's agents 2.x do it: `tunnel.us.ngrok.com` becomes `korgn.su.lennut.com`. */
function backwards(name: Name): Name {
  const labels = labelsOf(name);
  const rest = labels.slice(0, -1).map((label) => [...label].reverse().join(''));
  return parseName([...rest.reverse(), ...labels.slice(-1)].join('.'));
}

/** The session without TLS. */
export function plainSteps(
  { fallback }: TunnelService,
  { doors, ports, builtIn }: Session,
): readonly Step[] {
  const quic = [...new Set([...numbersOf(ports, 'udp'), TLS_PORT])];
  const ssh = [...new Set([22, TLS_PORT, ...numbersOf(portsBy(fallback, ['ssh']), 'tcp')])];
  const dials: readonly Dial[] = [
    ...doors.flatMap(({ place }) => quic.map((port) => ({ place, port }))),
    ...builtIn.flatMap(({ place, ports }) =>
      numbersOf(ports, 'udp').map((port) => ({ place, port })),
    ),
  ];
  const opening: Opening = { kind: 'ssh', software: 'client' };
  return [
    ...stepOf(
      'quic',
      dials.map(({ place, port }): Way => [{ kind: 'flow', to: place, transport: 'udp', port }]),
    ),
    ...ssh.flatMap((port) =>
      stepOf(
        `ssh-${port}`,
        doors.map(
          ({ place }): Way => [{ kind: 'flow', to: place, transport: 'tcp', port, opening }],
        ),
      ),
    ),
  ];
}
