import { createDoors } from '../../../src/attempts/account/door.ts';
import type { AccountSession } from '../../../src/attempts/account/session.ts';
import type { StoredAttempt } from '../../../src/attempts/attempt.ts';
import { readCatalogue, SHIPPED_RULES } from '../../../src/policy/load.ts';
import { parseName } from '../../../src/policy/name.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import type { TunnelService } from '../../../src/policy/service.ts';
import { attempt, type Different, NOON } from '../support.ts';

/** The doors of an organisation whose ingress is tunnels.example.com. */
export const doors = createDoors(
  [parseName('tunnels.example.com')],
  readCatalogue(SHIPPED_RULES).services.get('ngrok') as TunnelService,
);

/** One event of the stream, as the documents of the service describe it. */
export function event(
  different: Readonly<Record<string, unknown>> = {},
  object: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    event_id: 'ev_25X2AsJ5xpvuOParTYUQWe12XKo',
    event_type: 'agent_session_start.v0',
    event_timestamp: '2026-01-15T12:00:01Z',
    account_id: 'ac_2OtNvAlhso10Gx6s7eupzX3F98q',
    principal: null,
    object: {
      session: { id: 'ts_2One', uri: 'https://api.ngrok.com/tunnel_sessions/ts_2One' },
      credential: { id: 'cr_2One', uri: 'https://api.ngrok.com/credentials/cr_2One' },
      agent_ip: '203.0.113.5',
      ingress_server_ip: '198.51.100.20',
      ingress_hostname: 'tunnels.example.com',
      region: 'us',
      user_agent: 'ngrok-agent/3.39.7',
      metadata: '',
      os: 'linux',
      arch: 'amd64',
      transport: 'muxado',
      started_at: '2026-01-15T12:00:00Z',
      expires_at: '0001-01-01T00:00:00Z',
      stopped_at: null,
      deprecated: null,
      error: '',
      ...object,
    },
    ...different,
  };
}

/** A session at noon through the default door, with what is written over it. */
export function session(different: Partial<AccountSession> = {}): AccountSession {
  return {
    account: 'ac_1',
    session: 'ts_1',
    credential: 'cr_1',
    agent: parseAddress('203.0.113.5'),
    name: parseName('connect.ngrok-agent.com'),
    userAgent: 'ngrok-agent/3.39.7',
    started: NOON,
    startEvent: `ev_start_${different.session ?? 'ts_1'}`,
    ...different,
  };
}

let ids = 0;

/** An attempt as it is stored; `lasting` is from its first time to its last. */
export function stored(different: Different = {}, lasting = 0): StoredAttempt {
  const { time, ...rest } = attempt(different);
  ids += 1;
  return { ...rest, id: ids, first: time, last: time + lasting, count: 1 };
}
