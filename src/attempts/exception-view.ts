import { formatExceptionClients, formatExceptionSubject } from '../policy/exception-text.ts';
import type { StoredException } from './exceptions.ts';
import { formatMoment } from './moment.ts';
import type { View } from './view.ts';

const isoTime = (time: number) => new Date(time).toISOString();

/** Whether an exception holds at `now` (milliseconds since the epoch), or what has ended it. */
export function standingOf(
  { until, revoked }: StoredException,
  now: number,
): 'in force' | 'ended' | 'revoked' {
  if (revoked) return 'revoked';
  return until > now ? 'in force' : 'ended';
}

/** Exceptions as rows; `withStanding` where not all of them are in force. */
export function exceptionView(now: number, withStanding: boolean): View<StoredException> {
  return {
    fields: [
      { name: 'id', value: ({ id }) => id },
      { name: 'standing', value: (exception) => standingOf(exception, now) },
      { name: 'kind', value: ({ subject }) => subject.kind },
      { name: 'about', value: formatExceptionSubject },
      { name: 'clients', value: formatExceptionClients },
      { name: 'author', value: ({ author }) => author },
      { name: 'reason', value: ({ reason }) => reason },
      { name: 'created', value: ({ created }) => isoTime(created) },
      { name: 'until', value: ({ until }) => isoTime(until) },
      { name: 'revoked', value: ({ revoked }) => revoked && isoTime(revoked.time) },
      { name: 'revokedBy', value: ({ revoked }) => revoked?.by },
    ],
    columns: () => [
      { title: 'ID', text: ({ id }) => String(id), align: 'right' },
      ...(withStanding
        ? [{ title: 'STANDING', text: (one: StoredException) => standingOf(one, now) }]
        : []),
      { title: 'ALLOWS', text: formatExceptionSubject, least: 12 },
      { title: 'CLIENTS', text: formatExceptionClients, least: 8 },
      {
        title: 'UNTIL',
        text: ({ until, revoked }) => formatMoment(revoked?.time ?? until).slice(0, 16),
      },
      { title: 'BY', text: ({ author }) => author, least: 6 },
      { title: 'REASON', text: ({ reason }) => reason, least: 10 },
    ],
  };
}
