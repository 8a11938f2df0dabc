import { type Alerter, createAlerter } from '../alerts/alerter.ts';
import { sinkOf } from '../alerts/sinks.ts';
import { labelOf } from '../attempts/facts.ts';
import { systemClock } from '../clock.ts';
import type { Fact } from '../identity/fact.ts';
import type { Log } from '../log.ts';
import type { Address } from '../policy/network.ts';
import type { Policy } from '../policy/policy.ts';

export type AlertingParts = {
  readonly policy: Policy;
  readonly known: (client: Address) => readonly Fact[];
  readonly log: Log;
};

/** Tells people of incidents while a service runs, as the policy in force says. */
export type Alerting = Pick<Alerter, 'note'> & {
  readonly replace: (policy: Policy) => void;
  readonly stop: () => Promise<void>;
};

/** Milliseconds that an ending waits for messages to arrive. */
const PATIENCE = 2_000;

export function startAlerting({ policy, known, log }: AlertingParts): Alerting {
  const alerterOf = ({ organisation, alerts: { sinks, ...settings } }: Policy): Alerter =>
    createAlerter({
      ...{ ...settings, organisation: organisation.name, timers: systemClock },
      sinks: sinks.map(sinkOf),
      called: (client) => labelOf(known(client)),
      onEvent: (event) => {
        if (event.kind === 'recovered') log('info', 'alerts sent again', { sink: event.sink });
        else log('error', 'alert not sent', { sink: event.sink, message: event.message });
      },
    });
  const keyOf = ({ organisation, alerts }: Policy) => JSON.stringify([organisation.name, alerts]);
  let key = keyOf(policy);
  let alerter = alerterOf(policy);
  return {
    note: (changes) => alerter.note(changes),
    replace(next) {
      // Where nothing changes, how many messages were sent is not forgotten.
      if (keyOf(next) === key) return;
      key = keyOf(next);
      void alerter.stop(PATIENCE);
      alerter = alerterOf(next);
    },
    stop: () => alerter.stop(PATIENCE),
  };
}
