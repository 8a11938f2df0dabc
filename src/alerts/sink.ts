import type { Message } from './alert.ts';

/** One way to tell people. */
export type Sink = {
  /** What it is called where its faults are told; without anything secret. */
  readonly name: string;
  /** Sends a message, and says in a few words what came of it. Rejects with SinkError. Ends soon once aborted. */
  readonly send: (message: Message, signal: AbortSignal) => Promise<string>;
};

/** A message could not be sent; the message says why. */
export class SinkError extends Error {
  override name = 'SinkError';
}

/** Milliseconds that a sink has for one message. */
export const SINK_PATIENCE = 10_000;
