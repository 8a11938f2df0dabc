import { spawn } from 'node:child_process';
import { byTable, type Drop, type Fault, type SetWriter } from './writer.ts';

const ANCHOR = 'tunnelwarden';

/** Fills the tables of pf's anchor, a `pfctl` for each table and kind of change. */
export function createPfWriter(program = 'pfctl'): SetWriter {
  const pfctl = async (table: string, action: string, elements: readonly Drop[]) => {
    const input = elements.map(({ address }) => `${address}\n`).join('');
    const from = action === 'flush' ? [] : ['-f', '-'];
    return run(program, ['-q', '-a', ANCHOR, '-t', table, '-T', action, ...from], input);
  };
  const each = async (action: string, elements: readonly Drop[]): Promise<Fault> => {
    for (const [table, own] of byTable(elements)) {
      const fault = await pfctl(table, action, own);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  // One after the other, so that changes take effect in their order.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<Fault>): Promise<Fault> => {
    const done = last.then(work);
    last = done;
    return done;
  };
  return {
    tableOf: (set) => `tw_${set}`,
    tablesOf: (set) => [`tw_${set}`],
    expires: false,
    write: ({ clear, puts, drops }) =>
      inTurn(async () => {
        for (const table of clear) {
          const fault = await pfctl(table, 'flush', []);
          if (fault !== undefined) return fault;
        }
        // No transactions: an address is in the table it moves to before it leaves the other.
        return (await each('add', puts)) ?? (await each('delete', drops));
      }),
    check: (elements) => inTurn(() => each('test', elements)),
    readPairs: undefined,
    close: () => {},
  };
}

/** Runs a program to its end; never by way of a shell. */
function run(program: string, args: readonly string[], input: string): Promise<Fault> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.once('error', ({ message }) => resolve(message));
    child.stdin.on('error', () => {}); // it has ended, as `close` tells
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('close', (code) => {
      resolve(code === 0 ? undefined : said.trim() || `${program} ended with ${code}`);
    });
    child.stdin.end(input);
  });
}
