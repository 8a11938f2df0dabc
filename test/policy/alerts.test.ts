import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from '../../src/policy/policy.ts';
import { InputError } from '../../src/policy/problem.ts';
import { policyFile } from '../../src/policy/schema.ts';
import { readYaml } from '../../src/policy/yaml.ts';

const HEAD = 'organisation: { name: Example Corp }\n';
const read = (text: string) =>
  policyOf('policy.yaml', readYaml('policy.yaml', HEAD + text, policyFile));

test('alerts: nobody is told unless a way is named', () => {
  const { alerts, identity } = read('');
  assert.deepEqual(alerts, { severity: 'high', group: 30_000, most: 20, sinks: [] });
  assert.deepEqual(identity, { neighbours: true, hosts: true, reverse: true, every: 300_000 });
});

test('alerts: each way, in its short form and its long one', () => {
  const sinksOf = (alerts: string) => read(`alerts: { ${alerts} }`).alerts.sinks;
  assert.deepEqual(sinksOf("webhook: 'https://chat.example.com/hooks/4711?x=1'"), [
    { kind: 'webhook', url: 'https://chat.example.com/hooks/4711?x=1' },
  ]);
  assert.deepEqual(sinksOf('sendmail: { to: it@example.com }'), [
    { kind: 'sendmail', to: ['it@example.com'], program: '/usr/sbin/sendmail' },
  ]);
  assert.deepEqual(
    sinksOf(
      'sendmail: { to: [a@example.com, b.c+d@example.com], from: tw@example.com, program: /bin/msmtp }',
    ),
    [
      {
        kind: 'sendmail',
        to: ['a@example.com', 'b.c+d@example.com'],
        from: 'tw@example.com',
        program: '/bin/msmtp',
      },
    ],
  );
  assert.deepEqual(sinksOf('syslog: {}'), [{ kind: 'syslog', to: '/dev/log', facility: 'daemon' }]);
  assert.deepEqual(sinksOf('syslog: { unix: /run/log, facility: local3 }'), [
    { kind: 'syslog', to: '/run/log', facility: 'local3' },
  ]);
  assert.deepEqual(sinksOf('syslog: { address: 192.0.2.5 }'), [
    { kind: 'syslog', to: { address: '192.0.2.5', port: 514 }, facility: 'daemon' },
  ]);
  assert.deepEqual(
    sinksOf("command: [tell, -x], syslog: { address: '[2001:db8::5]:6514' }").map(
      ({ kind }) => kind,
    ),
    ['syslog', 'command'],
  );
});

test('identity: what is named, and where', () => {
  const { identity } = read(
    'identity: { neighbours: false, leases: [], inventory: who.csv, every: 10s }',
  );
  assert.deepEqual(identity, {
    ...{ neighbours: false, hosts: true, reverse: true, leases: [], every: 10_000 },
    inventory: { file: 'who.csv', from: { file: 'policy.yaml', line: 2, column: 55 } },
  });
});

const broken: readonly {
  readonly when: string;
  readonly text: string;
  readonly are: readonly string[];
}[] = [
  {
    when: 'all of identity',
    text: "identity: { neighbours: 1, leases: a, inventory: '', every: 5s, dhcp: true }",
    are: [
      'policy.yaml:2:25: identity.neighbours: needs to be true or false, not a number',
      'policy.yaml:2:36: identity.leases: needs to be a list, not text',
      'policy.yaml:2:50: identity.inventory: must not be empty',
      'policy.yaml:2:61: identity.every: "5s" is not between 10s and 30m; write one such as 5m',
      'policy.yaml:2:65: identity.dhcp: is not a known key; remove it or correct its spelling',
    ],
  },
  {
    when: 'all of alerts',
    text: `alerts:
  severity: severe
  group: soon
  most: 0
  webhook: chat.example.com/hooks
  sendmail: { to: 'a@example.com, b@example.com', program: '' }
  syslog: { address: localhost, facility: mail }
  command: []`,
    are: [
      'policy.yaml:3:13: alerts.severity: needs to be one of info, low, medium, high',
      'policy.yaml:4:10: alerts.group: "soon" is not a duration; write one such as 90s, 30m, 12h or 7d',
      'policy.yaml:5:9: alerts.most: must be at least 1',
      'policy.yaml:6:12: alerts.webhook: "chat.example.com/hooks" is not a whole address; write one such as https://chat.example.com/hooks/4711',
      'policy.yaml:7:19: alerts.sendmail.to: "a@example.com, b@example.com" is not a mail address; write one such as security@example.com',
      'policy.yaml:7:60: alerts.sendmail.program: must not be empty',
      'policy.yaml:8:22: alerts.syslog.address: "localhost" is not an IP address; write four decimal parts such as 192.0.2.1, or IPv6',
      'policy.yaml:8:43: alerts.syslog.facility: needs to be one of user, daemon, auth, authpriv, local0, local1, local2, local3, local4, local5, local6, local7',
      'policy.yaml:9:12: alerts.command: needs at least one',
    ],
  },
  ...['ftp://x.example/', 'file:///etc/passwd', 'https://', 'x'].map((url) => ({
    when: `a webhook at ${url}`,
    text: `alerts: { webhook: '${url}' }`,
    are: [
      `policy.yaml:2:20: alerts.webhook: "${url}" is not a whole address; write one such as https://chat.example.com/hooks/4711`,
    ],
  })),
  {
    when: 'a webhook with a password, which is not told again',
    text: "alerts: { webhook: 'https://ada:secret@x.example/' }",
    are: [
      'policy.yaml:2:20: alerts.webhook: has a user name or password before the @; a webhook is asked without, so leave them out',
    ],
  },
  ...[
    '-f@example.com',
    'a@example.com\\nBcc: b@example.com',
    'Ada <a@example.com>',
    'a@',
    'a b@example.com',
    'a@-',
  ].map((to) => ({
    when: `mail to ${to}`,
    text: `alerts: { sendmail: { to: "${to}" } }`,
    are: [
      `policy.yaml:2:27: alerts.sendmail.to: "${to.replace('\\n', '\n')}" is not a mail address; write one such as security@example.com`,
    ],
  })),
  {
    when: 'a syslog in two places',
    text: 'alerts: { syslog: { address: 192.0.2.5, unix: /dev/log } }',
    are: ['policy.yaml:2:19: alerts.syslog: has both address and unix; keep one'],
  },
];
for (const { when, text, are } of broken) {
  test(`alerts and identity, faults: ${when}`, () => {
    assert.throws(
      () => read(text),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.deepEqual(error.message, are.join('\n'));
        return true;
      },
    );
  });
}
