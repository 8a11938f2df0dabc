import type { Check, Finding, Machine, Needs } from './finding.ts';

type Listener = {
  readonly protocol: string;
  /** Without brackets; `*` or an unspecified address where it is every one. */
  readonly address: string;
  readonly port: number;
  readonly who?: Process;
};
type Process = { readonly name: string; readonly pid: string };

/** What is redirected to this machine has to find us there. */
export const ports: Check = (machine, { resolver, gate, refuser }) => {
  const listeners = listenersOf(machine);
  if (!listeners) return [];
  return [
    ...(resolver
      ? ['udp', 'tcp'].flatMap((protocol) => resolverAt(machine, listeners, protocol))
      : []),
    ...gate
      .filter((port) => !isTaken(listeners, port))
      .map((port) =>
        nobody(
          `the gate’s port ${port}`,
          port === gate[0]
            ? 'connections to shared addresses are refused, sanctioned ones too'
            : 'blocked TLS names pass at the fronts of many',
        ),
      ),
    ...(refuser ? refuserAt(machine, listeners, refuser) : []),
  ];
};

function isTaken(listeners: readonly Listener[], wanted: number): boolean {
  return listeners.some(({ port, protocol }) => port === wanted && protocol === 'tcp');
}

function refuserAt(
  machine: Machine,
  listeners: readonly Listener[],
  { port, addresses }: NonNullable<Needs['refuser']>,
): readonly Finding[] {
  const others = listeners.filter(
    ({ protocol, address, who }) =>
      protocol === 'tcp' && addresses.includes(address) && !(who && isOurs(machine, who)),
  );
  return [
    ...(isTaken(listeners, port)
      ? []
      : [
          nobody(
            `the refuser’s port ${port}`,
            'refused agents are not told why, and try elsewhere',
          ),
        ]),
    ...others.map((other): Finding => {
      const name = other.who ? `${other.who.name} (process ${other.who.pid})` : 'a program';
      return {
        id: 'sinkhole-taken',
        severity: 'breaks',
        text: `${name} listens at ${other.address} port ${other.port}, where refused names lead: its clients come to the refuser`,
        remedy: 'give the refuser an address of its own: another one in refusal.addresses',
      };
    }),
  ];
}

function resolverAt(
  machine: Machine,
  listeners: readonly Listener[],
  protocol: string,
): readonly Finding[] {
  const at53 = listeners.filter((one) => one.port === 53 && one.protocol === protocol);
  if (at53.length === 0)
    return [nobody(`${protocol} port 53`, 'captured questions are not answered')];
  const others = at53.flatMap(({ who }) => (who && !isOurs(machine, who) ? [who] : []));
  const byName = new Map(others.map((who) => [who.name, who]));
  return [...byName.values()].map(({ name, pid }): Finding => {
    return {
      id: 'port-taken',
      severity: 'breaks',
      text: `${name} (process ${pid}) listens at ${protocol} port 53: captured questions come to it, not to the policy`,
      remedy: name.startsWith('systemd-resolve')
        ? 'DNSStubListener=no in /etc/systemd/resolved.conf'
        : `stop ${name}, or have it listen elsewhere and make it an upstream`,
    };
  });
}

function nobody(where: string, what: string): Finding {
  return {
    id: 'nobody-listens',
    severity: 'breaks',
    text: `nobody listens at ${where}: ${what}`,
    remedy: 'start `tunnelwarden serve`, and see what its log says',
  };
}

/** Undefined where it cannot be told. */
function listenersOf({ run }: Machine): readonly Listener[] | undefined {
  const ran = run({ argv: ['ss', '-H', '-l', '-n', '-t', '-u', '-p'] });
  if (ran.status !== 0) return undefined;
  return ran.stdout.split('\n').flatMap((line): Listener[] => {
    const [protocol = '', , , , local = '', , ...rest] = line.trim().split(/\s+/);
    const [, address = '', digits] = /^(.*):(\d+)$/.exec(local) ?? [];
    const port = Number(digits);
    if (Number.isNaN(port)) return [];
    // Without root, whose it is stays unknown.
    const [, name, pid] = /users:\(\("([^"]*)",pid=(\d+)/.exec(rest.join(' ')) ?? [];
    return [
      {
        protocol,
        address: address.replaceAll(/^\[|%.*$|\]$/g, ''),
        port,
        ...(name && pid ? { who: { name, pid } } : {}),
      },
    ];
  });
}

/** Node names its threads as it likes; the words it was started with tell. */
function isOurs({ readFile }: Machine, { pid }: Process): boolean {
  const words = (readFile(`/proc/${pid}/cmdline`) ?? '').split('\0');
  return (
    words.includes('serve') && words.some((word) => /(^|\/)(cli\.[jt]s|tunnelwarden)$/.test(word))
  );
}
