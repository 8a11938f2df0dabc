import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fits, has, linesOf } from '../support/e2e/output.ts';
import { run } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { CLI, folder, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

// The command line as people and scripts meet it: what it prints where, and its exit codes.

const files = {
  'good.yaml': `
organisation: { name: Example Corp, contact: it-help@example.com }
ingress: [{ domain: tunnels.example.com }]
services:
  ngrok: { session: block, endpoint: watch }
  others: block
block:
  - { name: evil.example.net, reason: known bad, answer: nodata }
  - 203.0.113.0/24
  - { network: 198.51.100.0/24, ports: [443/tcp] }
allow:
  - { service: ngrok, clients: [lab], until: 2099-12-31, reason: vendor support }
lists: [{ file: list.txt }]
clients:
  lab: { networks: [192.0.2.0/28], mode: observe }
  guests: { networks: [192.0.2.128/25], block: [games.example] }
`,
  'list.txt': 'bad.example.org\n0.0.0.0 worse.example.org\n||worst.example.org^\nnot a name!\n',
  'bad.yaml':
    'organisation: {}\nservices: { ngrokk: block }\ningress: [{ domain: a..b }]\nmood: bad\n',
  'sinkhole.yaml':
    "organisation: { name: Example Corp }\nservices: { ngrok: block }\nrefusal: { addresses: [192.0.2.1, '2001:db8::1'] }\n",
  'observe.yaml':
    'organisation: { name: Example Corp }\nservices: { ngrok: block }\nmode: observe\n',
  'passing.yaml': `
- { asks: connect.ngrok-agent.com, gets: blocked, answer: nxdomain, rule: ngrok/session/connect.ngrok-agent.com }
- { client: 192.0.2.3, asks: connect.ngrok-agent.com, gets: allowed }
- { client: 192.0.2.3, asks: evil.example.net, gets: observed }
- { asks: abc.ngrok.app, gets: watched }
- { meets: 203.0.113.9, gets: blocked }
- { asks: www.example.org, gets: unmatched }
`,
  'failing.yaml': `
- { asks: connect.ngrok-agent.com, gets: allowed }
- { asks: evil.example.net, gets: blocked, answer: sinkhole, rule: block/other }
- { asks: www.example.org, gets: unmatched }
`,
  'faulty.yaml':
    '- { asks: a..b, gets: blokked }\n- { client: 1.2.3, gets: blocked }\n- { asks: x.example, gets: blocked, mood: bad }\n',
};

/** A command line, and what comes of it. */
type Case = {
  readonly when: string;
  readonly line: string;
  readonly code?: 0 | 1 | 2;
  readonly out?: readonly (RegExp | string)[];
  readonly err?: readonly (RegExp | string)[];
  /** Nothing of this is on either output. */
  readonly not?: readonly RegExp[];
};

const COMMANDS = [
  ...['serve', 'gate', 'check', 'explain', 'test', 'attempts', 'services', 'closure'],
  'tui',
  ...['generate', 'apply', 'confirm', 'rollback', 'remove', 'status', 'doctor', 'addresses'],
  ...['incidents', 'clients', 'alert', 'allow', 'exceptions', 'revoke', 'backtest', 'report'],
  ...['ingress', 'audit', 'events'],
];

const cases: readonly Case[] = [
  // allow, exceptions, revoke
  {
    when: 'an exception of nothing',
    line: 'allow --client 192.0.2.7 --for 1h --reason x',
    code: 2,
    err: ['say what to allow: a name, or a service with --service'],
  },
  {
    when: 'an exception for nobody',
    line: 'allow a.example --for 1h --reason x',
    code: 2,
    err: ['say for whom: --client with an address or a network, or --everyone'],
  },
  {
    when: 'an exception for somebody and everybody',
    line: 'allow a.example --client 192.0.2.7 --everyone --for 1h --reason x',
    code: 2,
    err: ['say for whom'],
  },
  {
    when: 'an exception that is too long',
    line: 'allow a.example --everyone --for 31d --reason x',
    code: 2,
    err: ['"31d" is longer than 30 days'],
  },
  {
    when: 'an exception without a reason',
    line: 'allow a.example --everyone --for 1h',
    code: 2,
    err: ["required option '--reason <text>'"],
  },
  {
    when: 'an exception of a service nobody knows',
    line: 'allow --service ngrokk --everyone --for 1h --reason x',
    code: 2,
    err: ['"ngrokk" is not in the catalogue; did you mean ngrok'],
  },
  {
    when: 'an exception, and nobody to keep it',
    line: 'allow a.example --everyone --for 1h --reason x',
    code: 1,
    err: ['there is no database tunnelwarden.db'],
  },
  { when: 'no exceptions', line: 'exceptions', code: 1, err: ['there is no database'] },
  {
    when: 'a revoke of something that is no number',
    line: 'revoke a.example',
    code: 2,
    err: ['"a.example" is not the number of an exception'],
  },
  // check
  {
    when: 'a policy that is fine',
    line: 'check -p good.yaml',
    out: [
      'good.yaml is fine.',
      /mode +enforce/,
      /ingress +tunnels\.example\.com/,
      /rules +\d+ \(\d+ block, \d+ watch, \d+ allow\)/,
      /lists +list\.txt \(3 names\)/,
      /groups +lab, guests/,
      /digest +[0-9a-f]{64}/,
    ],
  },
  {
    when: 'a warning',
    line: 'check -p good.yaml',
    out: [/good\.yaml:13:9: warning: .*list\.txt has 1 line.*"not a name!"/],
  },
  {
    when: 'gaps',
    line: 'check -p good.yaml',
    out: [
      /What it leaves open/,
      /bypass\.resolvers: public DoH/,
      /^ {2}ngrok: agents .*refused by name go on to/m,
      /198\.51\.100\.0\/24:443\/tcp: a rule for ports needs the firewall/,
    ],
  },
  {
    when: 'all faults of a policy at once',
    line: 'check -p bad.yaml',
    code: 2,
    err: [
      /bad\.yaml:1:\d+: organisation\.name: is missing/,
      /bad\.yaml:3:\d+: ingress\.0\.domain: "a\.\.b" has an empty label; remove/,
      /bad\.yaml:2:\d+: services\.ngrokk: "ngrokk" is not in the catalogue; did you mean ngrok\?/,
      /bad\.yaml:4:1: mood: is not a known key/,
    ],
    not: [/^\s+at /m],
  },
  {
    when: 'a policy that is not there',
    line: 'check -p gone.yaml',
    code: 2,
    err: [/gone\.yaml does not exist; name your policy with --policy FILE/],
  },
  {
    when: 'the default policy that is not there',
    line: 'check',
    code: 2,
    err: [/policy\.yaml does not exist/],
  },
  {
    when: 'check as JSON',
    line: 'check -p good.yaml --json',
    out: [/^\{"ok":true,.*"digest":"[0-9a-f]{64}".*"warnings":\[\{.*"gaps":\[\{/],
  },
  {
    when: 'check of a bad policy as JSON',
    line: 'check -p bad.yaml --json',
    code: 2,
    out: [/^\{"ok":false,"problems":\[\{"severity":"error","place":\{"file":"bad\.yaml"/],
    err: [/mood: is not a known key/],
  },

  // explain
  {
    when: 'why a name is refused',
    line: 'explain -p good.yaml connect.ngrok-agent.com',
    out: [
      'connect.ngrok-agent.com is refused (asked by 127.0.0.1)',
      /rule +ngrok\/session\/connect\.ngrok-agent\.com/,
      /asked by +good\.yaml:5:10/,
      /named in +\S*rules\/services\/ngrok\.yaml:\d+:\d+/,
      /gets +NXDOMAIN, kept for 30 s/,
      /is told +Example Corp: ngrok opens tunnels through this name\. For\s+tunnels\s+use\s+tunnels\.example\.com\.\s+Ask it-help@example\.com\./,
      /Other rules about it.*\n +allow allow\/ngrok\/session\/connect\.ngrok-agent\.com@192\.0\.2\.0\/28\n +is for other clients: 192\.0\.2\.0\/28 \(good\.yaml:12:5\)/,
    ],
  },
  {
    when: 'another client, who has an exception',
    line: 'explain -p good.yaml connect.ngrok-agent.com --client 192.0.2.3',
    out: [
      'connect.ngrok-agent.com is answered (asked by 192.0.2.3)',
      /because +vendor support/,
      /until +(2099|2100)-/,
      /its clients are wider/,
    ],
  },
  {
    when: 'a client that is only observed',
    line: 'explain -p good.yaml evil.example.net -c 192.0.2.3',
    out: [/it would be refused if this policy\s+were enforced/],
  },
  {
    when: 'a name that is watched',
    line: 'explain -p good.yaml abc.ngrok.app',
    out: [
      'abc.ngrok.app is answered and recorded (asked by 127.0.0.1)',
      /rule +ngrok\/endpoint\/ngrok\.app/,
    ],
  },
  {
    when: 'the sanctioned way',
    line: 'explain -p good.yaml tunnel.us.tunnels.example.com',
    out: [/is answered/, /rule +ingress\/tunnels\.example\.com/],
  },
  {
    when: 'a name that no rule is about',
    line: 'explain -p good.yaml www.example.org',
    out: ['www.example.org is answered: no rule is about it (asked by 127.0.0.1)\n'],
  },
  {
    when: 'an address',
    line: 'explain -p good.yaml 203.0.113.9',
    out: ['203.0.113.9 is refused', /rule +block\/203\.0\.113\.0\/24/],
  },
  {
    when: 'an address that no rule is about',
    line: 'explain -p good.yaml 2001:db8::1',
    out: ['2001:db8::1 is answered: no rule is about it'],
  },
  {
    when: 'an answer of its own',
    line: 'explain -p good.yaml EVIL.example.net.',
    out: ['evil.example.net is refused', /gets +no data, kept for 30 s/],
  },
  {
    when: 'a sinkhole',
    line: 'explain -p sinkhole.yaml connect.ngrok-agent.com',
    out: [/gets +the refuser's address \(192\.0\.2\.1, 2001:db8::1\)/],
  },
  {
    when: 'a sinkhole and another type',
    line: 'explain -p sinkhole.yaml connect.ngrok-agent.com -t TXT',
    out: [/gets +no data for type TXT/],
  },
  {
    when: 'a list',
    line: 'explain -p good.yaml sub.worst.example.org',
    out: [/rule +list\/list\.txt/],
  },
  {
    when: 'explain as JSON',
    line: 'explain -p good.yaml evil.example.net --json',
    out: [
      /^\{"asked":"evil\.example\.net","client":"127\.0\.0\.1","type":"A","verdict":"blocked","rule":\{"id":"block\/evil\.example\.net".*"answer":"nodata"/,
    ],
  },
  {
    when: 'a name that is none',
    line: 'explain -p good.yaml a..b',
    code: 2,
    err: [/"a\.\.b" has an empty label; remove the extra dot/],
  },
  {
    when: 'an address that is none',
    line: 'explain -p good.yaml 010.0.0.1',
    code: 2,
    err: [/"010\.0\.0\.1" is not an IP address; write four decimal parts/],
  },
  {
    when: 'a client that is none',
    line: 'explain -p good.yaml x.example -c nobody',
    code: 2,
    err: [/"nobody" is not an IP address/],
  },
  {
    when: 'no name',
    line: 'explain -p good.yaml',
    code: 2,
    err: [/missing required argument 'name'/, /--help/],
  },

  // test
  {
    when: 'expectations that hold',
    line: 'test -p good.yaml passing.yaml',
    out: [/^ok {4}127\.0\.0\.1 connect\.ngrok-agent\.com: blocked$/m, '6 passed, 0 failed\n'],
  },
  {
    when: 'expectations that do not hold',
    line: 'test -p good.yaml failing.yaml',
    code: 1,
    out: [
      /^FAIL {2}127\.0\.0\.1 connect\.ngrok-agent\.com \(failing\.yaml:2:3\)\n +gets blocked by ngrok\/session\/connect\.ngrok-agent\.com \(good\.yaml:5:10\),\s+not\s+allowed$/m,
      /is answered nodata, not sinkhole/,
      /is decided by block\/evil\.example\.net .*not by\s+block\/other/,
      '1 passed, 2 failed\n',
    ],
    err: ['2 of 3 expectations do not hold\n'],
  },
  {
    when: 'expectations as JSON',
    line: 'test -p good.yaml failing.yaml --json',
    code: 1,
    out: [
      /^\{"client":"127\.0\.0\.1","asks":"connect\.ngrok-agent\.com","gets":"allowed","place":\{.*"ok":false,"faults":\["gets blocked/,
    ],
    err: ['2 of 3 expectations do not hold\n'],
  },
  {
    when: 'faulty expectations',
    line: 'test -p good.yaml faulty.yaml',
    code: 2,
    err: [
      /faulty\.yaml:1:11: 0\.asks: "a\.\.b" has an empty label/,
      /faulty\.yaml:1:23: 0\.gets: needs to be one of blocked/,
      /faulty\.yaml:3:37: 2\.mood: is not a known key/,
    ],
  },
  {
    when: 'expectations that are not there',
    line: 'test -p good.yaml gone.yaml',
    code: 2,
    err: [/gone\.yaml cannot be read \(ENOENT\); name a file/],
  },

  // services
  {
    when: 'the catalogue',
    line: 'services',
    out: [/^ngrok +Publishes local ports under public names/m, /^tailscale/m],
  },
  {
    when: 'one service',
    line: 'services ngrok',
    out: [
      'ngrok (ngrok, tunnel)',
      /^session\n +connect\.ngrok-agent\.com/m,
      /^support\n +=crl\.ngrok-agent\.com/m,
      /when refused, its agents try/,
      /sources \(checked \d{4}-\d\d-\d\d\)/,
    ],
  },
  {
    when: 'one service as JSON',
    line: 'services ngrok --json',
    out: [/^\{"id":"ngrok",.*"names":\[\{"role":"session","name":"connect\.ngrok-agent\.com"/],
  },
  {
    when: 'the catalogue as JSON',
    line: 'services --json',
    out: [/^(\{"id":"[a-z0-9-]+",.*\}\n){50,}$/],
  },
  {
    when: 'a service by part of its name',
    line: 'services grok',
    code: 2,
    err: ['"grok" is not in the catalogue; did you mean ngrok?'],
  },
  {
    when: 'a service that is not there',
    line: 'services nothing-like-it',
    code: 2,
    err: ['"nothing-like-it" is not in the catalogue; `tunnelwarden services` lists them'],
  },

  // attempts, before there are any
  {
    when: 'no database',
    line: 'attempts',
    code: 1,
    err: [/there is no database tunnelwarden\.db; name the one .*--database/],
  },
  {
    when: 'a database that is none',
    line: 'attempts -d good.yaml',
    code: 1,
    err: ['good.yaml is not a database; name another file'],
  },
  { when: 'a filter that is none', line: 'attempts --client 10.0.0', code: 2, err: [/10\.0\.0/] },
  {
    when: 'a verdict that is none',
    line: 'attempts --verdict bad',
    code: 2,
    err: [/blocked, observed, watched/],
  },
  {
    when: 'a time that is none',
    line: 'attempts --since yesterday',
    code: 2,
    err: [/"yesterday" is not a time; write how long ago \(7d/],
  },
  {
    when: 'two forms at once',
    line: 'attempts --json --csv',
    code: 2,
    err: [/cannot be used with/],
  },

  // the rest
  {
    when: 'help',
    line: '--help',
    out: [/^Usage: tunnelwarden/, ...COMMANDS.map((command) => new RegExp(`^  ${command} `, 'm'))],
  },
  { when: 'the version', line: '--version', out: [/^\d+\.\d+\.\d+\n$/] },
  ...COMMANDS.map((command) => ({
    when: `help of ${command}`,
    line: `${command} --help`,
    out: [new RegExp(`^Usage: tunnelwarden ${command}`), /Options:/],
  })),
  { when: 'no command', line: '', code: 2, err: [/Usage: tunnelwarden/] },
  {
    when: 'a command with a slip',
    line: 'explian x',
    code: 2,
    err: [/unknown command 'explian'/, /Did you mean explain\?/],
  },
  {
    when: 'an option that is none',
    line: 'check --polcy x',
    code: 2,
    err: [/unknown option '--polcy'/, /Did you mean --policy\?/],
  },
  {
    when: 'a listening address that is none',
    line: 'serve --listen 1.2.3:53',
    code: 2,
    err: [/"1\.2\.3" is not an IP address/],
  },
  {
    when: 'an upstream that is none',
    line: 'serve --upstream tls://192.0.2.1',
    code: 2,
    err: [/lacks the name to check its certificate against; write tls:\/\/192\.0\.2\.1#NAME/],
  },
];

test('the command line', { concurrency: 2 }, async (t) => {
  const cwd = folder(t);
  for (const [file, text] of Object.entries(files)) write(cwd, file, text);
  await Promise.all(cases.map((one) => t.test(titleOf(one), () => expect(one, cwd))));

  await t.test('the policy may come from the environment', async () => {
    const { code, stdout } = await tunnelwarden(['check'], {
      cwd,
      env: { TUNNELWARDEN_POLICY: 'observe.yaml' },
    });
    assert.equal(code, 0);
    has(stdout, /mode: nothing is refused: `mode: observe` only records/);
  });

  await t.test('a reader that has seen enough is no error', { skip: missing('bash') }, async () => {
    const { code, stdout, stderr } = await run(
      'bash',
      ['-c', `set -o pipefail; "${process.execPath}" "${CLI}" services --json | head -n 1`],
      { cwd },
    );
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.equal(linesOf(stdout).length, 1);
  });

  await t.test('a full disk is told', async () => {
    const { code, stderr } = await run('sh', [
      '-c',
      `"${process.execPath}" "${CLI}" services > /dev/full`,
    ]);
    assert.equal(code, 1);
    has(stderr, /^cannot print: .*no space left/);
  });
});

function titleOf({ line, when }: Case): string {
  return `${line.split(' ')[0] || 'tunnelwarden'}: ${when}`;
}

async function expect({ line, code = 0, out = [], err = [], not = [] }: Case, cwd: string) {
  const done = await tunnelwarden(line.split(' ').filter(Boolean), { cwd });
  assert.equal(done.code, code, done.stderr);
  for (const pattern of out) has(done.stdout, pattern);
  for (const pattern of err) has(done.stderr, pattern);
  for (const pattern of not) assert.doesNotMatch(done.stdout + done.stderr, pattern);
  if (out.length === 0) assert.equal(done.stdout, '', 'nothing on standard output');
  if (err.length === 0) assert.equal(done.stderr, '', 'nothing on standard error');
  if (line.includes('--json')) for (const object of linesOf(done.stdout)) JSON.parse(object);
  else fits(done.stdout);
}
