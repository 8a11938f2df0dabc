import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ADDRESSES, createLab } from '../support/e2e/lab.ts';
import {
  dig,
  HEAD,
  policy,
  printed,
  ready,
  section,
  somewhere,
  startNamed,
  TARGETS,
  type Where,
} from '../support/e2e/named.ts';
import { has } from '../support/e2e/output.ts';
import { start } from '../support/e2e/process.ts';
import { missing, type Tool } from '../support/e2e/requirements.ts';
import { folder, write } from '../support/e2e/tunnelwarden.ts';

// Split horizon: a resolver with an internal view of example.com that knows nothing of the
// delegation. Without our file it hides the ingress; with it, it finds its way there.

type Setting = {
  readonly path: string;
  readonly at: Where;
  /** Our file, or nothing. */
  readonly included: string;
  /** The address of the one root server, where it asks from there. */
  readonly root?: string;
  /** Whom dnsmasq asks for everything else. */
  readonly usual?: Where;
};

type Inside = {
  readonly format: 'dnsmasq' | 'unbound' | 'bind';
  readonly tool: Tool;
  readonly start: (context: TestContext, setting: Setting) => Promise<void>;
};

const dnsmasq: Inside = {
  format: 'dnsmasq',
  tool: 'dnsmasq',
  start: async (context, { path, at, included, usual }) => {
    const own = [
      `port=${at.port}\nlisten-address=${at.address}\nbind-interfaces\nno-resolv\nno-hosts`,
      'local=/example.com/',
      ...(usual ? [`server=${usual.address}#${usual.port}`] : []),
    ].join('\n');
    const file = write(path, `dnsmasq-${at.port}.conf`, `${own}\n${included}`);
    const words = ['-k', `--conf-file=${file}`, '--user=root', `--pid-file=${file}.pid`];
    start(context, 'dnsmasq', words, at, ['ignore', 'ignore', 'inherit']);
    await ready(at, 'example.com');
  },
};

const hintsOf = (root: string) => `. 60 NS ns.root.\nns.root. 60 A ${root}\n`;

const unbound: Inside = {
  format: 'unbound',
  tool: 'unbound',
  start: async (context, { path, at, included, root }) => {
    const hints = root === undefined ? '' : write(path, 'hints', hintsOf(root));
    const file = write(
      path,
      `unbound-${at.port}.conf`,
      `server:
  interface: ${at.address}@${at.port}
  do-not-query-localhost: no
  do-ip6: no
  chroot: ""
  username: ""
  directory: "${path}"
  pidfile: "${path}/unbound-${at.port}.pid"
  use-syslog: no
  logfile: "${path}/unbound.log"
  num-threads: 1
  local-zone: "example.com." static
${hints === '' ? '' : `  root-hints: "${hints}"`}
remote-control:
  control-enable: no
${included}`,
    );
    start(context, 'unbound', ['-d', '-c', file], at, ['ignore', 'ignore', 'inherit']);
    await ready(at, 'example.com');
  },
};

const bind: Inside = {
  format: 'bind',
  tool: 'named',
  start: async (context, { path, at, included, root }) => {
    const hints = root === undefined ? '' : write(path, 'hints', hintsOf(root));
    // As our file says of it, a zone of its own has to delegate before it forwards below it.
    const delegates = included.includes('type forward');
    await startNamed(context, path, {
      at,
      options: 'recursion yes; allow-recursion { any; };',
      zones: [
        {
          name: 'example.com',
          text:
            HEAD + (delegates ? TARGETS.map((target) => `tunnels NS ${target}.\n`).join('') : ''),
        },
      ],
      more: `${included}\n${hints === '' ? '' : `zone "." { type hint; file "${hints}"; };`}`,
    });
  },
};

const CHILD = {
  name: 'tunnels.example.com',
  text: `${HEAD}tunnel.us 60 A 198.51.100.20\n`,
};
const QUESTION = ['tunnel.us.tunnels.example.com', 'A'] as const;
const ANSWER = ['tunnel.us.tunnels.example.com. 60 IN A 198.51.100.20'];

/** Asks a resolver without our file, and another with it. */
async function compare(
  context: TestContext,
  inside: Inside,
  settingOf: (included: string) => Promise<Setting>,
  file: string,
): Promise<void> {
  const hidden = await settingOf('');
  await inside.start(context, hidden);
  has((await dig(hidden.at, ...QUESTION)).stdout, 'status: NXDOMAIN');
  const open = await settingOf(file);
  await inside.start(context, open);
  const { stdout } = await dig(open.at, ...QUESTION);
  has(stdout, 'status: NOERROR');
  assert.deepEqual(section(stdout, 'ANSWER'), ANSWER);
}

for (const inside of [dnsmasq, unbound, bind]) {
  test(`${inside.format}: an internal view finds the ingress by the resolvers of the policy`, {
    skip: missing(inside.tool, 'named', 'dig'),
  }, async (context) => {
    const path = folder(context);
    const { address, port } = await startNamed(context, path, { zones: [CHILD] });
    const text = policy(`    forward: ['${address}:${port}']`);
    const file = await printed(path, text, '--format', inside.format);
    const settingOf = async (included: string) => ({ path, at: await somewhere(), included });
    await compare(context, inside, settingOf, file);
  });
}

test('dnsmasq: where the policy names no resolver, the usual ones are asked', {
  skip: missing('dnsmasq', 'named', 'dig'),
}, async (context) => {
  const path = folder(context);
  const usual = await startNamed(context, path, { zones: [CHILD] });
  const file = await printed(path, policy(), '--format', 'dnsmasq');
  const settingOf = async (included: string) => ({ path, at: await somewhere(), included, usual });
  await compare(context, dnsmasq, settingOf, file);
});

for (const inside of [unbound, bind]) {
  test(`${inside.format}: where it names none, the nameservers of the ingress are asked`, {
    skip: missing('root', 'ip', inside.tool, 'named', 'dig'),
  }, async (context) => {
    const path = folder(context);
    const { internet, gateway } = createLab(context);
    const [root] = ADDRESSES.resolver;
    // One server is the root, the home of the targets and the vendor's at once.
    await startNamed(context, path, {
      at: { address: root, port: 53, within: internet.within },
      zones: [
        {
          name: '.',
          text: [
            '$TTL 60\n. SOA ns.root. hostmaster.root. 1 3600 600 86400 60\n. NS ns.root.',
            `ns.root. A ${root}`,
            ...TARGETS.map((target) => `${target}. A ${root}`),
            '',
          ].join('\n'),
        },
        CHILD,
      ],
    });
    const file = await printed(path, policy(), '--format', inside.format);
    let port = 5300;
    const settingOf = async (included: string) => {
      port += 1;
      return { path, at: { address: '127.0.0.1', port, within: gateway.within }, included, root };
    };
    await compare(context, inside, settingOf, file);
  });
}
