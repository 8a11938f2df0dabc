import { type Command, Option } from 'commander';
import { REFUSALS } from '../gate/gate.ts';
import { parseEndpoint } from '../policy/endpoint.ts';
import { collecting } from './options.ts';

/** Where gate and refuser listen unless a port is written. */
export const [GATE_PORT, REFUSER_PORT] = [9443, 9442];

/** What `serve` and `gate` know besides where the gate listens. */
export function withEnforcing(command: Command): Command {
  return command
    .addOption(
      new Option('--gate-refusal <how>', 'what refused TLS clients get from the gate')
        .choices(REFUSALS)
        .default('reset'),
    )
    .option(
      '-r, --refuser <address:port>',
      'where connections to refused names are told why (repeatable)',
      collecting((text) => parseEndpoint(text, REFUSER_PORT)),
    )
    .option(
      '--refuser-certificate <file>',
      'certificate chain of your own CA, in PEM, for the page over HTTPS; read anew at SIGHUP',
    )
    .option('--refuser-key <file>', 'its private key, in PEM');
}
