import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { eventually } from '../support/e2e/patience.ts';
import { udpClient } from '../support/e2e/question.ts';
import { folder, serve, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';
import { a, startUpstream } from '../support/e2e/upstream.ts';

// Alerts from an attempt to whoever is told, by the program that people install.

const BLOCKED = 'connect.ngrok-agent.com';
const zone = { 'www.example.com': [a('198.51.100.80')] };

/** A webhook, and what was posted to it. */
async function webhook(t: TestContext, answer: (response: ServerResponse) => void) {
  const got: string[] = [];
  const server = createServer(async (request, response) => {
    got.push(await text(request));
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret` };
}

function program(path: string): string {
  const file = write(path, 'tell', `#!/bin/sh\ncat >> ${path}/told\n`);
  chmodSync(file, 0o755);
  return file;
}

test('serve tells of an incident once; a webhook that hangs holds up neither answers nor others nor the end', async (t) => {
  const path = folder(t);
  const upstream = await startUpstream(t, { zone });
  const hook = await webhook(t, () => {});
  const policy = write(
    path,
    'policy.yaml',
    `
organisation: { name: Example Corp }
services: { ngrok: block }
resolver: { listen: ['127.0.0.1:0'], upstreams: ['${upstream.endpoints[0]}'] }
alerts: { severity: info, group: 2s, webhook: '${hook.url}', command: ['${program(path)}'] }
`,
  );
  const server = await serve(t, ['--policy', policy]);
  const ask = await udpClient(t, server.port);
  assert.equal((await ask(BLOCKED)).rcode, 'NXDOMAIN');
  const told = await eventually(
    'the command is told',
    () => existsSync(`${path}/told`) && readFileSync(`${path}/told`, 'utf8'),
  );
  await eventually('the webhook was asked', () => hook.got.length === 1);
  assert.equal(hook.got[0], told.trimEnd());
  const { alerts, test: isTest, organisation } = JSON.parse(told);
  assert.deepEqual([isTest, organisation, alerts.length], [false, 'Example Corp', 1]);
  const [{ client, service, why, incident, label, look }] = alerts;
  assert.deepEqual([client, service, why], ['127.0.0.1', 'ngrok', 'new']);
  assert.equal(label, 'localhost'); // of /etc/hosts
  assert.equal(look, `tunnelwarden incidents show ${incident}`);

  // While the webhook hangs, answers come as fast as ever.
  const begun = performance.now();
  for (let i = 0; i < 200; i += 1) await ask(i % 2 === 0 ? BLOCKED : 'www.example.com');
  assert.ok(performance.now() - begun < 5000);
  const ending = performance.now();
  assert.equal(await server.stop(), 0);
  assert.ok(performance.now() - ending < 8000, `${performance.now() - ending} ms`);
  assert.equal(readFileSync(`${path}/told`, 'utf8'), told);

  const { stdout } = await tunnelwarden([
    'incidents',
    'show',
    `${incident}`,
    '-d',
    `${path}/tunnelwarden.db`,
  ]);
  assert.match(stdout, /ngrok/);
});

test('alerts that were gathered are sent before the end', async (t) => {
  const path = folder(t);
  const upstream = await startUpstream(t, { zone });
  const policy = write(
    path,
    'policy.yaml',
    `
organisation: { name: Example Corp }
services: { ngrok: block }
resolver: { listen: ['127.0.0.1:0'], upstreams: ['${upstream.endpoints[0]}'] }
alerts: { severity: info, group: 1h, command: ['${program(path)}'] }
`,
  );
  const server = await serve(t, ['--policy', policy]);
  await (await udpClient(t, server.port))(BLOCKED);
  assert.equal(await server.stop(), 0);
  assert.match(readFileSync(`${path}/told`, 'utf8'), /"service":"ngrok"/);
});

test('alert --test sends a made-up alert every way, and fails where one way does', async (t) => {
  const path = folder(t);
  const hook = await webhook(t, (response) => response.writeHead(200).end());
  const policy = (alerts: string) =>
    write(path, 'policy.yaml', `organisation: { name: Example Corp }\nalerts: { ${alerts} }\n`);
  const run = () => tunnelwarden(['alert', '--test', '--policy', `${path}/policy.yaml`]);

  policy(`webhook: '${hook.url}', command: ['${program(path)}']`);
  const fine = await run();
  assert.deepEqual([fine.code, fine.stderr], [0, '']);
  assert.equal(
    fine.stdout,
    `webhook ${new URL(hook.url).origin}: answered 200\ncommand ${path}/tell: ended well\n`,
  );
  assert.equal(JSON.parse(hook.got[0] ?? '').test, true);

  policy(`webhook: '${hook.url}', command: ['false'], syslog: { unix: '${path}/log' }`);
  const failing = await run();
  assert.equal(failing.code, 1);
  assert.match(
    failing.stdout,
    /: answered 200\nsyslog \S+: FAILED: does not exist; .*\ncommand false: FAILED: ended with 1\n/,
  );

  policy('severity: high');
  const nobody = await run();
  assert.equal(nobody.code, 1);
  assert.match(
    nobody.stderr,
    /policy\.yaml names no way to tell people; add webhook, sendmail, syslog or command/,
  );
  assert.equal((await tunnelwarden(['alert', '--policy', `${path}/policy.yaml`])).code, 2);
});
