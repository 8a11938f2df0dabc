import type { Artifact, Backend, NameEntry, Plan } from '../backend.ts';
import { runsOf } from '../first-match.ts';
import { commentHeader } from '../header.ts';
import { nameRegex } from '../name-regex.ts';
import { leftOutLines, plainEntries } from '../plain-name.ts';

const TITLE = 'HAProxy gate for TLS server names';

/**
 * Endings of a name are looked up by their number of labels, the longest first, so that the most
 * specific rule decides at the cost of one hash look-up a length, however long the lists are.
 */
export const haproxyBackend: Backend = {
  id: 'haproxy',
  title: TITLE,
  enforces: ['tls-name', 'wildcard', 'exact', 'exception', 'watch'],
  sni: [],
  use: '`haproxy -f haproxy.cfg` in the folder, with the maps beside it; a packet filter sends what is shared to `firewall.gate`, fronts of many to the next port.',
  cannot: [
    'It sees what a packet filter sends it: TCP, not QUIC.',
    'It does not say that it is there, so fronts of many pass by it, unless port 443 is put for good into the set `tw_gate` (`nft add element inet tunnelwarden tw_gate { 443 }`, `ipset add tw_gate 443`): then they are cut off while it is down. iptables with `firewall.transparent` sends it nothing at all without that element.',
    'With REDIRECT it serves IPv4 only; IPv6 needs `firewall.transparent` (TPROXY).',
    'A sanctioned ClientHello that is split into several TLS records is refused as well.',
  ],
  print,
};

type MapFile = { readonly path: string; readonly lines: readonly string[] };
/** A look-up: what of the name, in which file. */
type Step = { readonly of: string; readonly by: string; readonly file: MapFile };

function print(plan: Plan): readonly Artifact[] {
  const { plain, leftOut } = plainEntries(plan.names, { everything: true });
  const steps = stepsOf(plain);
  const gate = plan.settings.gate ?? 9443;
  const config = [
    ...commentHeader(plan, TITLE, '#'),
    '#',
    '# Check: haproxy -c -f haproxy.cfg',
    ...leftOutLines(leftOut, '#'),
    '',
    'global',
    '    # The maps lie beside this file.',
    '    default-path config',
    '    log stdout format raw local0 info',
    '',
    'defaults',
    '    mode tcp',
    '    log global',
    '    log-format "%ci:%cp %ft %ts verdict=%{+Q,+E}[var(txn.tw_verdict)] name=%{+Q,+E}[var(txn.tw_name)]"',
    '    timeout connect 5s',
    '    # Tunnels are quiet for long; keep-alives find the dead ones.',
    '    timeout client 1h',
    '    timeout server 1h',
    '    option clitcpka',
    '    option srvtcpka',
    '',
    '# For addresses that a sanctioned name shares with others: only allowed and watched names pass.',
    ...frontend('tw_shared', gate, plan.settings.transparent),
    '    tcp-request content reject if !{ req.ssl_hello_type 1 }',
    ...lookUps(steps),
    '    tcp-request content reject if !{ var(txn.tw_verdict) -m str allow watch }',
    '    default_backend tw_onward',
    '',
    '# For fronts of many: only blocked names are refused, what is no TLS passes. They come here only',
    '# while port 443 is in the set tw_gate: put it there for good where this always runs.',
    ...frontend('tw_others', gate + 1, plan.settings.transparent),
    '    tcp-request content accept if !{ req.ssl_hello_type 1 }',
    ...lookUps(steps),
    '    tcp-request content reject if { var(txn.tw_verdict) -m str block }',
    '    default_backend tw_onward',
    '',
    '# To the address the client meant, as the kernel knows it.',
    'backend tw_onward',
    '    option transparent',
    '',
  ];
  const maps = new Map(steps.map(({ file }) => [file.path, file.lines]));
  return [
    { path: 'haproxy.cfg', text: config.join('\n') },
    ...[...maps].map(([path, lines]) => ({ path, text: `${lines.join('\n')}\n` })),
  ];
}

function frontend(name: string, port: number, transparent: boolean): readonly string[] {
  return [
    `frontend ${name}`,
    // Behind REDIRECT a socket for both families takes its own address for the destination.
    transparent ? `    bind :::${port} v4v6 transparent` : `    bind 0.0.0.0:${port}`,
    '    # Whoever comes to the gate itself would be sent to the gate again, and again.',
    `    tcp-request connection reject if { dst_port ${port} }`,
    '    tcp-request inspect-delay 3s',
  ];
}

function lookUps(steps: readonly Step[]): readonly string[] {
  return [
    '    tcp-request content set-var(txn.tw_name) req.ssl_sni,lower,rtrim(.)',
    ...steps.map(
      ({ of, by, file }) =>
        `    tcp-request content set-var(txn.tw_verdict) var(txn.tw_name)${of},${by}(${file.path}) if !{ var(txn.tw_verdict) -m found }`,
    ),
  ];
}

/** The look-ups, the most specific first; endings of one length are looked up at once. */
function stepsOf(names: readonly NameEntry[]): readonly Step[] {
  const steps = new Map<string, { of: string; by: string; path: string; lines: string[] }>();
  const into = (key: string, of: string, by: string, path: string) => {
    const step = steps.get(key) ?? { of, by, path, lines: [] };
    steps.set(key, step);
    return step.lines;
  };
  const runs = runsOf(names);
  // A whole name has as many labels as any rule about it, and a written one comes before a `*`.
  const exact = runs.filter(({ kind }) => kind === 'exact');
  const others = runs.filter(({ kind }) => kind !== 'exact');
  const ordered = [
    ...others.filter(({ ingress }) => ingress),
    ...exact,
    ...others.filter(({ ingress }) => !ingress),
  ];
  for (const { kind, depth, ingress, entries, action } of ordered) {
    const [prefix, ending] = [ingress ? 'ingress' : kind, `,field(-1,.,${depth})`];
    for (const { pattern } of entries) {
      if (kind === 'exact')
        into('exact', '', 'map_str', 'exact.map').push(`${pattern.name} ${action}`);
      else if (kind === 'subtree') {
        const path = `${prefix}-${depth}.map`;
        into(path, ending, 'map_str', path).push(`${pattern.name} ${action}`);
      } else {
        const path = `${prefix}-${depth}.map`;
        into(path, '', 'map_reg', path).push(`${nameRegex(pattern)} ${action}`);
      }
    }
  }
  return [...steps.values()].map(({ of, by, path, lines }) => ({ of, by, file: { path, lines } }));
}
