import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordType } from 'dns-packet';
import { startBind, startUnbound } from '../support/e2e/peers.ts';
import { type Answered, type Ask, udpClient } from '../support/e2e/question.ts';
import { missing } from '../support/e2e/requirements.ts';
import { folder, serve, write } from '../support/e2e/tunnelwarden.ts';
import { a, aaaa, cname, startUpstream, txt, type ZoneRecord } from '../support/e2e/upstream.ts';
import { createPrng } from '../support/prng.ts';

// The same upstream, the same names refused and allowed, the same questions: tunnelwarden beside
// Unbound and BIND, to which the policy is given as a response policy zone (RPZ). Where they differ,
// the table below says why.

/** What is refused, how, and what is allowed inside it: once for us, once as RPZ. */
const rules = [
  { name: 'bad.example', action: 'nxdomain' },
  { name: 'ok.bad.example', action: 'allow' },
  { name: 'worse.ok.bad.example', action: 'nxdomain' },
  { name: '=exact.example', action: 'nxdomain' },
  { name: 'empty.example', action: 'nodata' },
  { name: 'sink.example', action: 'sinkhole' },
  { name: 'corp.example', action: 'nxdomain' },
  { name: 'tunnels.corp.example', action: 'ingress' },
] as const;
const networks = ['203.0.113.0/24', '2001:db8:bad::/48'];
const SINKHOLE = ['192.0.2.99', '2001:db8::99'] as const;

const policyFor = (upstream: number) => `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.corp.example }]
refusal: { answer: nxdomain, addresses: [${SINKHOLE.map((address) => `'${address}'`).join(', ')}] }
block:
${rules
  .filter(({ action }) => action !== 'allow' && action !== 'ingress')
  .map(({ name, action }) => `  - { name: '${name}', answer: ${action} }`)
  .join('\n')}
${networks.map((network) => `  - '${network}'`).join('\n')}
allow: [ok.bad.example]
resolver: { listen: ['127.0.0.1:0'], upstreams: ['127.0.0.1:${upstream}'], cache: 64MB }
`;

/** One rule is one line in a policy; RPZ wants a line for the name and one for all below it. */
const zoneText = `$TTL 60
@ SOA localhost. root.localhost. 1 3600 600 86400 60
@ NS localhost.
${rules
  .flatMap(({ name, action }) => {
    const owners = name.startsWith('=') ? [name.slice(1)] : [name, `*.${name}`];
    const data = {
      nxdomain: ['CNAME .'],
      nodata: ['CNAME *.'],
      sinkhole: [`A ${SINKHOLE[0]}`, `AAAA ${SINKHOLE[1]}`],
      allow: ['CNAME rpz-passthru.'],
      ingress: ['CNAME rpz-passthru.'],
    }[action];
    return owners.flatMap((owner) => data.map((record) => `${owner} ${record}`));
  })
  .join('\n')}
24.0.113.0.203.rpz-ip CNAME .
48.zz.bad.db8.2001.rpz-ip CNAME .
`;

const TTL = 3600;
const unknown = (type: number, hex: string): ZoneRecord => ({
  type: `UNKNOWN_${type}`,
  data: { hex },
});

/** What hosts hold; each host of each domain gets one of these by its number. */
const contents: readonly (readonly ZoneRecord[])[] = [
  [a('198.51.100.1', TTL), aaaa('2001:db8:1::1', TTL), txt('one', 'two')],
  [
    a('198.51.100.2', TTL),
    a('198.51.100.3', TTL),
    { type: 'MX', data: { preference: 10, exchange: 'mx.example.com' } },
  ],
  [
    txt('v=spf1 -all'),
    { type: 'SRV', data: { priority: 1, weight: 2, port: 3, target: 'srv.example.com' } },
  ],
  [
    { type: 'CAA', data: { flags: 0, tag: 'issue', value: 'ca.example' } },
    unknown(65280, '00ff10'),
    unknown(65, '000100'),
  ],
  [cname('h0.example.com', TTL)],
  [cname('h4.example.com', TTL)], // a chain of two
  [cname('www.bad.example', TTL)], // leads to what is refused
  [cname('www.ok.bad.example', TTL)], // leads to what is allowed
  [cname('www.tunnels.corp.example', TTL)],
  [cname('www.empty.example', TTL)],
  [cname('www.sink.example', TTL)],
  [cname('gone.example.net', TTL)], // leads nowhere
  [a('203.0.113.7', TTL), a('198.51.100.4', TTL)], // one address of the two is refused
  [aaaa('2001:db8:bad::7', TTL)],
  [a('203.0.113.8', TTL), txt('its text is harmless')],
];
const domains = [
  ...['example.com', 'example.net', 'bad.example', 'ok.bad.example', 'worse.ok.bad.example'],
  ...['exact.example', 'empty.example', 'sink.example', 'corp.example', 'tunnels.corp.example'],
  ...['notbad.example', 'corp.example.net'],
];
const zone: Record<string, readonly ZoneRecord[]> = { 'ready.example.com': [a('198.51.100.1')] };
for (const domain of domains) {
  zone[domain] = contents[0] as readonly ZoneRecord[];
  zone[`www.${domain}`] = contents[1] as readonly ZoneRecord[];
  zone[`deep.er.still.${domain}`] = contents[0] as readonly ZoneRecord[];
  for (const [i, records] of contents.entries()) zone[`h${i}.${domain}`] = records;
}

const types = [
  'A',
  'AAAA',
  'TXT',
  'MX',
  'SRV',
  'CNAME',
  'NS',
  'SOA',
  'CAA',
  'PTR',
  'ANY',
  'UNKNOWN_65',
  'UNKNOWN_65280',
];
const names = [
  ...Object.keys(zone),
  ...domains.flatMap((domain) => [
    `gone.${domain}`,
    `er.still.${domain}`,
    `x.y.z.${domain}`,
    `_dmarc.${domain}`,
  ]),
  ...[
    'localhost',
    'www.localhost',
    '1.0.0.127.in-addr.arpa',
    '9.9.10.in-addr.arpa',
    'x.onion',
    'x.invalid',
    'x.test',
    'home.arpa',
    'x.home.arpa',
    'example',
  ],
];

/** Questions under way at a time. */
const AT_ONCE = 20;

type Question = { readonly name: string; readonly type: string; readonly dnssecOk: boolean };

type PeerId = 'unbound' | 'bind';

/** A way in which we differ from peers, and why that is as it should be. */
type Difference = {
  readonly why: string;
  readonly of: readonly PeerId[];
  readonly is: (question: Question, ours: Answered, theirs: Answered) => boolean;
};

const differences: readonly Difference[] = [
  {
    why: 'our refusals bear an SOA, so that stubs keep them a while; RPZ has its SOA among the additional records',
    of: ['unbound', 'bind'],
    is: (_, ours, theirs) => ours.hasSoa && same({ ...ours, hasSoa: false }, theirs),
  },
  {
    why: 'ANY gets one small record from us (RFC 8482)',
    of: ['unbound', 'bind'],
    is: ({ type }, ours) =>
      type === 'ANY' && ours.answers.some((record) => record.includes('RFC8482')),
  },
  {
    why: 'only A and AAAA lead to the sinkhole with us; BIND gives its addresses to ANY as well',
    of: ['bind'],
    is: ({ type }, ours, theirs) =>
      type === 'ANY' &&
      isEmpty(ours) &&
      theirs.answers.some((record) => record.endsWith(SINKHOLE[0])),
  },
  {
    // Unbound 1.17 even gives the target where its forwarder's answer holds it: an alias is a way round.
    why: 'an alias of a refused name is refused with us, whatever the type; they show the alias',
    of: ['unbound', 'bind'],
    is: ({ name }, ours, theirs) =>
      isAliasOfRefused(name) &&
      (isEmpty(ours) ||
        ours.answers.every((record) => SINKHOLE.some((own) => record.endsWith(own)))) &&
      theirs.answers.some((record) =>
        record.toLowerCase().startsWith(`${name.toLowerCase()} cname`),
      ),
  },
  {
    why: 'what an allowed name leads to is final with us and with BIND; Unbound 1.17 looks at addresses even so',
    of: ['unbound'],
    is: ({ name }, ours, theirs) =>
      /ok\.bad\.example$/i.test(name) && ours.rcode === 'NOERROR' && theirs.rcode === 'NXDOMAIN',
  },
  {
    why: 'special names are answered here (RFC 6761, 6303, 8375); BIND asks its forwarder for them',
    of: ['bind'],
    is: ({ name }, _, theirs) => isSpecial(name) && theirs.rcode === 'NXDOMAIN',
  },
  {
    why: 'special zones have an apex of their own in Unbound; ours have none, or one of other figures',
    of: ['unbound'],
    is: ({ name, type }) => isSpecial(name) && (type === 'SOA' || type === 'NS'),
  },
];

function isEmpty({ answers, hasSoa }: Answered): boolean {
  return answers.length === 0 && hasSoa;
}

function isSpecial(name: string): boolean {
  return /(^|\.)(localhost|in-addr\.arpa|home\.arpa)$/i.test(name);
}

/** True for names whose aliases end at www.bad.example, www.empty.example or www.sink.example. */
function isAliasOfRefused(name: string): boolean {
  const alias = zone[name.toLowerCase()]?.find(({ type }) => type === 'CNAME');
  return alias !== undefined && /^www\.(bad|empty|sink)\.example$/.test(String(alias.data));
}

test('beside Unbound and BIND', { skip: missing('unbound', 'named') }, async (t) => {
  const path = folder(t);
  const upstream = await startUpstream(t, { zone });
  const options = { folder: path, upstream: upstream.port, zone: zoneText };
  const [ours, unbound, bind] = await Promise.all([
    serve(t, ['--policy', write(path, 'policy.yaml', policyFor(upstream.port))]),
    startUnbound(t, options),
    startBind(t, options),
  ]);
  const clients = {
    ours: await udpClient(t, ours.port),
    unbound: await udpClient(t, unbound.port),
    bind: await udpClient(t, bind.port),
  };

  const prng = createPrng(20260822);
  const questions = Array.from({ length: 4000 }, (): Question => {
    const name = prng
      .pick(names)
      .replace(/[a-z]/g, (letter) => (prng.unit() < 0.2 ? letter.toUpperCase() : letter));
    return { name, type: prng.pick(types), dnssecOk: prng.unit() < 0.3 };
  });

  const seen = new Map(differences.map((difference) => [difference, 0]));
  const unexplained: string[] = [];
  const compare = (question: Question, peer: PeerId, own: Answered, theirs: Answered) => {
    if (same(own, theirs)) return;
    const difference = differences.find(
      ({ of, is }) => of.includes(peer) && is(question, own, theirs),
    );
    if (difference) seen.set(difference, (seen.get(difference) ?? 0) + 1);
    else
      unexplained.push(
        `${peer} ${JSON.stringify(question)}\n  ours ${show(own)}\ntheirs ${show(theirs)}`,
      );
  };
  for (let i = 0; i < questions.length; i += AT_ONCE) {
    await Promise.all(
      questions.slice(i, i + AT_ONCE).map(async (question) => {
        const put = (ask: Ask) =>
          ask(question.name, question.type as RecordType, { dnssecOk: question.dnssecOk });
        const own = put(clients.ours);
        compare(question, 'unbound', await own, await put(clients.unbound));
        compare(question, 'bind', await own, await put(clients.bind));
      }),
    );
  }
  for (const [{ why }, count] of seen) t.diagnostic(`${count} times: ${why}`);
  assert.deepEqual(unexplained, [], `of ${questions.length} questions`);
});

function same(one: Answered, other: Answered): boolean {
  return show(one) === show(other);
}

/** The order of records and the case of names mean nothing. */
function show({ rcode, answers, hasSoa, isTruncated }: Answered): string {
  const records = answers.map((record) => record.toLowerCase()).sort();
  return [rcode, hasSoa ? 'SOA' : '', isTruncated ? 'TC' : '', ...records]
    .filter(Boolean)
    .join(' | ');
}
