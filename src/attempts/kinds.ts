import type { Condition, KindFilter } from './filter.ts';

const COLUMNS = ['rule', 'service', 'role', 'verdict', 'type', 'point'] as const;

/** What a filter's own fields say of kinds, as conditions on the columns of `kinds`, none of them ever NULL. */
export function kindsCondition(filter: KindFilter): readonly Condition[] {
  const { noService, serviceHolds, unsanctioned, steps } = filter;
  return [
    ...COLUMNS.flatMap((column) => {
      const wanted = filter[column];
      return wanted === undefined ? [] : [{ sql: `kinds.${column} IS ?`, values: [wanted] }];
    }),
    ...(noService ? [said('kinds.service IS NULL')] : []),
    ...(serviceHolds === undefined
      ? []
      : [{ sql: "instr(ifnull(kinds.service, ''), ?) > 0", values: [serviceHolds] }]),
    ...(unsanctioned ? [said("kinds.verdict <> 'sanctioned'")] : []),
    ...(steps
      ? [
          said(
            "kinds.verdict NOT IN ('sanctioned', 'excepted') AND (kinds.point <> 'resolver' OR ifnull(kinds.role, '') IN ('session', 'bypass'))",
          ),
        ]
      : []),
  ];
}

const said = (sql: string): Condition => ({ sql, values: [] });
