import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainOf } from '../../src/closure/chains.ts';
import type { Probe, Step, StepId } from '../../src/closure/step.ts';
import { readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import type { Name } from '../../src/policy/name.ts';

const { services, bypasses } = readCatalogue(SHIPPED_RULES);
const input = { bypasses: [...bypasses.values()], doors: ['tunnels.example.com' as Name] };

function chain(id: string): readonly Step[] {
  const service = services.get(id);
  assert(service);
  return chainOf(service, input);
}

function stepOf(service: string, id: StepId): Step {
  const step = chain(service).find((one) => one.id === id);
  assert(step, `${service} has no ${id}`);
  return step;
}

/** A probe in a few words. */
function words(probe: Probe): string {
  if (probe.kind === 'question') return `asks ${probe.name}`;
  const { to, port, transport, opening, asks } = probe;
  const shown = opening?.kind === 'tls' ? (opening.hello.serverName ?? 'no name') : opening?.kind;
  return [
    'name' in to ? to.name : to.address,
    `${port}/${transport}`,
    ...(shown === undefined ? [] : [shown]),
    ...(asks === undefined ? [] : [`asks ${asks}`]),
  ].join(' ');
}

const waysOf = ({ ways }: Step) => ways.map((way) => way.map(words).join(', '));

test('chainOf: what the catalogue lists comes first and in its order, then what is done by hand', () => {
  assert.deepEqual(
    chain('ngrok').map(({ id, known }) => (known ? id : `(${id})`)),
    [
      ...['system-dns', 'foreign-dns', 'doh-name', 'doh-address', 'file', 'session-reversed-sni'],
      ...['session-address', 'session-foreign-sni', 'ssh-22', 'ssh-443', 'proxy'],
      ...['(dot)', '(session-name)', '(session-fragmented)', '(session-decoy)'],
      ...['(session-sanctioned-sni)', '(quic)'],
    ],
  );
  assert.match(stepOf('ngrok', 'doh-name').notes.join(), /dns\.google\.com/);
});

const cases: readonly {
  readonly when: string;
  readonly service: string;
  readonly id: StepId;
  readonly ways: readonly string[];
}[] = [
  {
    when: 'resolvers of the catalogue, over both transports, with a question that is refused',
    service: 'ngrok',
    id: 'foreign-dns',
    ways: [
      '8.8.8.8 53/udp asks connect.ngrok-agent.com',
      '8.8.8.8 53/tcp asks connect.ngrok-agent.com',
      '8.8.4.4 53/udp asks connect.ngrok-agent.com',
      '8.8.4.4 53/tcp asks connect.ngrok-agent.com',
    ],
  },
  {
    when: 'the resolver that an agent is known to ask',
    service: 'cloudflare-tunnel',
    id: 'dot',
    ways: ['1.1.1.1 853/udp', '1.1.1.1 853/tcp'],
  },
  {
    when: 'a resolver is looked up first',
    service: 'ngrok',
    id: 'doh-name',
    ways: ['dns.google.com', 'dns.google'].map((name) => `asks ${name}, 8.8.8.8 443/tcp ${name}`),
  },
  {
    when: 'its address may be known',
    service: 'ngrok',
    id: 'doh-address',
    ways: [
      '8.8.8.8 443/tcp dns.google.com',
      '8.8.8.8 443/udp',
      '2001:4860:4860::8888 443/tcp dns.google.com',
      '2001:4860:4860::8888 443/udp',
    ],
  },
  {
    when: 'a list of addresses',
    service: 'ngrok',
    id: 'file',
    ways: ['asks s3.amazonaws.com, s3.amazonaws.com 443/tcp s3.amazonaws.com'],
  },
  {
    when: 'ports of the service, in plain ssh',
    service: 'pinggy',
    id: 'ssh-80',
    ways: ['pinggy.io 80/tcp ssh'],
  },
];
for (const { when, service, id, ways } of cases) {
  test(`chainOf: ${when}`, () => assert.deepEqual(waysOf(stepOf(service, id)), ways));
}

test('chainOf: sessions are dialled at all known names, each with its own disguises', () => {
  const dialled = waysOf(stepOf('ngrok', 'session-name'));
  assert(dialled.includes('connect.ngrok-agent.com 443/tcp connect.ngrok-agent.com'));
  assert(dialled.includes('tunnel.us.ngrok.com 443/tcp tunnel.us.ngrok.com'));
  const at = (id: StepId) =>
    waysOf(stepOf('ngrok', id)).filter((way) => way.startsWith('tunnel.ngrok.com '));
  assert.deepEqual(at('session-address'), ['tunnel.ngrok.com 443/tcp no name']);
  assert.deepEqual(at('session-foreign-sni'), ['tunnel.ngrok.com 443/tcp www.example.net']);
  assert.deepEqual(at('session-sanctioned-sni'), ['tunnel.ngrok.com 443/tcp tunnels.example.com']);
  assert.deepEqual(at('session-reversed-sni'), [
    'tunnel.ngrok.com 443/tcp korgn.su.lennut.com',
    'tunnel.ngrok.com 443/tcp tnega-korgn.tcennoc.com',
  ]);
  assert.deepEqual(
    stepOf('ngrok', 'session-fragmented')
      .ways.flat()
      .flatMap((probe) => ('wire' in probe ? [probe.wire] : [])),
    Array.from(dialled, () => 'fragmented'),
  );
});

test('chainOf: where addresses are fixed they are dialled, on the ports of the service', () => {
  const ways = waysOf(stepOf('cloudflare-tunnel', 'session-name'));
  assert(ways.includes('198.41.192.7 7844/tcp argotunnel.com'));
  assert(ways.includes('2606:4700:a0::1 7844/tcp argotunnel.com'));
  const quic = waysOf(stepOf('hyperdht', 'quic'));
  assert(quic.includes('88.99.3.86 49737/udp'));
});

for (const [id, service] of services) {
  test(`chainOf: ${id} has every step once, and each has ways`, () => {
    const steps = chainOf(service, { ...input, doors: [] });
    const ids = steps.map((step) => step.id);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
      steps.filter(({ id, ways }) => id !== 'proxy' && ways.flat().length === 0),
      [],
    );
    for (const wanted of ['foreign-dns', 'dot', 'doh-name', 'doh-address', 'proxy'] as const) {
      assert(ids.includes(wanted), wanted);
    }
  });
}
