import type { Backend } from '../../../src/firewall/backend.ts';
import { bindBackend } from '../../../src/firewall/backends/bind.ts';
import { dnsmasqBackend } from '../../../src/firewall/backends/dnsmasq.ts';
import { rpzBackend } from '../../../src/firewall/backends/rpz.ts';
import { unboundBackend } from '../../../src/firewall/backends/unbound.ts';
import { run } from '../../support/e2e/process.ts';
import type { Tool } from '../../support/e2e/requirements.ts';
import { write } from '../../support/e2e/tunnelwarden.ts';

/** A program that reads what a resolver is to load before the resolver does. */
export type Reader = {
  readonly backend: Backend;
  readonly tool: Tool;
  /** What it says of the artifacts in a folder; empty where it has no objection. */
  readonly objections: (folder: string) => Promise<string>;
};

export const DNS_READERS: readonly Reader[] = [
  reader(rpzBackend, 'named-checkzone', (folder) => [
    ...['-i', 'none', 'tunnelwarden.rpz'],
    `${folder}/db.tunnelwarden.rpz`,
  ]),
  reader(bindBackend, 'named-checkconf', (folder) => [
    '-z',
    write(
      folder,
      'named.conf',
      `options { directory "${folder}"; include "${folder}/tunnelwarden.options.conf"; };
include "${folder}/tunnelwarden.zone.conf";\n`,
    ),
  ]),
  reader(unboundBackend, 'unbound-checkconf', (folder) => [`${folder}/tunnelwarden.conf`]),
  reader(dnsmasqBackend, 'dnsmasq', (folder) => ['--test', '-C', `${folder}/tunnelwarden.conf`]),
];

function reader(
  backend: Backend,
  tool: Tool,
  argumentsFor: (folder: string) => readonly string[],
): Reader {
  return {
    backend,
    tool,
    objections: async (folder) => {
      const { code, stdout, stderr } = await run(tool, argumentsFor(folder));
      const said = stdout + stderr;
      return code !== 0 || /warning|error[^s]|ignor/i.test(said) ? `exit ${code}: ${said}` : '';
    },
  };
}
