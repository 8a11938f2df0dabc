import { CommandFailure } from './failure.ts';

/** A terminal, a file or another program's input. */
export type Pipe = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** The reader went away: `| head` has seen enough. */
export class BrokenPipe extends Error {}

/** Waits until the text is written, so a slow reader slows us and not our memory. */
export async function write(output: Pipe, text: string): Promise<void> {
  // What the callback gets is emitted as well, a moment later, and unheard would end the process.
  const heard = () => {};
  output.once('error', heard);
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    output.write(text, resolve);
  });
  if (!error) {
    output.off('error', heard);
    return;
  }
  if (error.code === 'EPIPE') throw new BrokenPipe();
  throw new CommandFailure(`cannot print: ${error.message}`, { cause: error });
}
