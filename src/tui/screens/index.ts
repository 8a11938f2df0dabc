import { line, span } from '../line.ts';
import { type Mounted, mounted } from '../mount.ts';
import type { Screen, ScreenId } from '../screen.ts';
import { attemptsScreen } from './attempts.ts';
import { clientsScreen } from './clients.ts';
import { exceptionsScreen } from './exceptions.ts';
import { incidentsScreen } from './incidents.ts';
import { overviewScreen } from './overview.ts';

/** All screens as they are at the start, in the order of their tabs. */
export function allScreens(): readonly Mounted[] {
  return [
    mounted(overviewScreen),
    mounted(incidentsScreen),
    mounted(attemptsScreen),
    mounted(clientsScreen),
    mounted(placeholder('records', 'Records')),
    mounted(placeholder('rules', 'Rules')),
    mounted(placeholder('firewall', 'Firewall')),
    mounted(placeholder('closure', 'Closure')),
    mounted(exceptionsScreen),
  ];
}

function placeholder(id: ScreenId, title: string): Screen<null> {
  return {
    id,
    title,
    keys: [],
    start: null,
    update: (state) => [state],
    view: () => [line(span(`${title} is not here yet.`, 'dim'))],
  };
}
