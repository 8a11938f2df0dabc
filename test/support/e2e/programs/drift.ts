import { backendOf } from '../../../../src/commands/artifacts.ts';
import { driftOf } from '../../../../src/commands/tui-drift.ts';
import { loadPolicy } from '../../../../src/policy/load.ts';

// Says what the packet filter of this network namespace holds against a policy: POLICY FORMAT STATE.

const [policy = '', format = '', state = ''] = process.argv.slice(2);
const drift = driftOf(loadPolicy(policy, Date.now()), backendOf(format), state);
process.stdout.write(`${JSON.stringify(drift)}\n`);
