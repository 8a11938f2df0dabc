import type { IncidentChange } from '../attempts/incident/change.ts';
import type { Incident } from '../attempts/incident/incident.ts';
import { rankOf } from '../attempts/incident/severity.ts';
import type { AlertSettings } from '../policy/alerts.ts';
import type { ServiceId } from '../policy/service.ts';
import { type Alert, alertOf, type Message, type Why, whyToTell } from './alert.ts';
import { createOutbox, type Outbox, type OutboxEvent, type Timers } from './outbox.ts';
import type { Sink } from './sink.ts';

export type AlerterParts = Pick<AlertSettings, 'severity' | 'group' | 'most'> & {
  readonly organisation: string;
  readonly sinks: readonly Sink[];
  readonly timers: Timers;
  /** Who a client is, as far as that is known when the message is written. */
  readonly called: (client: Alert['client']) => Pick<Alert, 'label' | 'team'>;
  readonly onEvent: (event: OutboxEvent) => void;
};

/** Tells people of incidents, by messages of several where many come at once. */
export type Alerter = {
  /** Takes note of what stored attempts did, and returns at once. */
  readonly note: (changes: readonly IncidentChange[]) => void;
  /** Sends what was gathered, and gives it so many milliseconds to arrive. */
  readonly stop: (patience: number) => Promise<void>;
};

/** Alerts in one message: more than that nobody reads. */
const MOST_IN_ONE = 50;
/** Incidents that are gathered at most, while a message waits for its time. */
const MOST_GATHERED = 1_000;
const HOUR = 3_600_000;

type Gathered = {
  readonly incident: Incident & { readonly service: ServiceId };
  readonly why: Why;
};

export function createAlerter(parts: AlerterParts): Alerter {
  const { severity, group, most, timers, sinks } = parts;
  const outboxes: readonly Outbox[] = sinks.map((sink) =>
    createOutbox(sink, timers, parts.onEvent),
  );
  /** By the number of the incident: what changes twice is told once, as it was last. */
  const gathered = new Map<number, Gathered>();
  /** When the messages of the last hour were sent. */
  let sent: readonly number[] = [];
  let heldBack = 0;
  let cancel: (() => void) | undefined;

  const gather = (change: IncidentChange): void => {
    const { incident } = change;
    const before = gathered.get(incident.id);
    const why = before?.why ?? whyToTell(change, severity);
    if (why === undefined || incident.service === undefined) return;
    if (!before && gathered.size >= MOST_GATHERED) heldBack += 1;
    else gathered.set(incident.id, { incident: { ...incident, service: incident.service }, why });
  };
  const flush = (): void => {
    cancel = undefined;
    const now = timers.now();
    sent = sent.filter((time) => now - time < HOUR);
    if (sent.length >= most) {
      // What is gathered waits until there may be a message again, also where nothing more happens.
      schedule((sent[0] as number) + HOUR - now);
      return;
    }
    sent = [...sent, now];
    const message = messageOf();
    for (const outbox of outboxes) outbox.put(message);
  };
  const schedule = (milliseconds: number): void => {
    cancel ??= timers.after(milliseconds, flush);
  };
  const messageOf = (): Message => {
    const all = [...gathered.values()].sort(
      (a, b) =>
        rankOf(b.incident.severity) - rankOf(a.incident.severity) ||
        a.incident.first - b.incident.first,
    );
    const alerts = all
      .slice(0, MOST_IN_ONE)
      .map(({ incident, why }) => alertOf(incident, why, parts.called(incident.client)));
    const left = heldBack + all.length - alerts.length;
    gathered.clear();
    heldBack = 0;
    return { organisation: parts.organisation, alerts, heldBack: left };
  };

  return {
    note(changes) {
      if (outboxes.length === 0) return;
      for (const change of changes) gather(change);
      if (gathered.size > 0) schedule(group);
    },
    async stop(patience) {
      cancel?.();
      if (gathered.size > 0 || heldBack > 0) flush();
      cancel?.();
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const forget = timers.after(patience, resolve);
      await Promise.race([Promise.all(outboxes.map(({ idle }) => idle())), late]);
      forget();
      for (const { close } of outboxes) close();
    },
  };
}
