import type { Check } from './finding.ts';

/** What pf needs beside the anchor's rules. */
export const pf: Check = ({ run }) => {
  const info = run({ argv: ['pfctl', '-s', 'info'] });
  if (info.status !== 0) return [];
  const rules = run({ argv: ['pfctl', '-s', 'rules'] });
  return [
    ...(/^Status: Enabled/m.test(info.stdout)
      ? []
      : [
          {
            id: 'pf-off',
            severity: 'breaks',
            text: 'pf is not enabled: no rule applies',
            remedy: 'pfctl -e, and enable pf at boot',
          } as const,
        ]),
    ...(/^anchor "tunnelwarden"/m.test(rules.stdout)
      ? []
      : [
          {
            id: 'no-anchor',
            severity: 'breaks',
            text: 'the main rule set does not name our anchor: its rules are loaded and never asked',
            remedy: 'put the lines that the artifact begins with into /etc/pf.conf, and load it',
          } as const,
        ]),
  ];
};
