import { type Mounted, mounted } from '../mount.ts';
import { attemptsScreen } from './attempts.ts';
import { clientsScreen } from './clients.ts';
import { closureScreen } from './closure.ts';
import { exceptionsScreen } from './exceptions.ts';
import { firewallScreen } from './firewall.ts';
import { incidentsScreen } from './incidents.ts';
import { overviewScreen } from './overview.ts';
import { recordsScreen } from './records.ts';
import { rulesScreen } from './rules.ts';

/** All screens as they are at the start, in the order of their tabs. */
export function allScreens(): readonly Mounted[] {
  return [
    mounted(overviewScreen),
    mounted(incidentsScreen),
    mounted(attemptsScreen),
    mounted(clientsScreen),
    mounted(recordsScreen),
    mounted(rulesScreen),
    mounted(firewallScreen),
    mounted(closureScreen),
    mounted(exceptionsScreen),
  ];
}
