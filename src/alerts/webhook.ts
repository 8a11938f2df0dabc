import type { Message } from './alert.ts';
import { payloadOf } from './payload.ts';
import { type Sink, SinkError } from './sink.ts';

/** Posts messages as JSON. The path of a webhook is most often its secret, so only its origin is ever told. */
export function createWebhook(url: string): Sink {
  return {
    name: `webhook ${new URL(url).origin}`,
    async send(message: Message, signal: AbortSignal) {
      const response = await post(url, payloadOf(message), signal);
      // What it says is of no interest, and may be endless.
      await response.body?.cancel().catch(() => {});
      const { status } = response;
      if (response.ok) return `answered ${status}`;
      const isElsewhere = status >= 300 && status < 400;
      const advice = isElsewhere ? ', which is not followed; write where it leads' : '';
      throw new SinkError(`answered ${status}${advice}`);
    },
  };
}

async function post(url: string, body: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      ...{ method: 'POST', body, signal, redirect: 'manual' },
      headers: { 'content-type': 'application/json', 'user-agent': 'tunnelwarden' },
    });
  } catch (error) {
    if (signal.aborted) throw new SinkError('did not answer in time', { cause: error });
    // fetch says "fetch failed"; what failed is its cause.
    const { cause } = error as Error & { cause?: { code?: string; message?: string } };
    throw new SinkError(`cannot be reached (${cause?.code ?? cause?.message ?? String(error)})`, {
      cause: error,
    });
  }
}
