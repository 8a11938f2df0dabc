import type {
  Answer,
  Overview,
  PolicyView,
  Question,
  QuestionKind,
  Source,
} from '../tui/source.ts';

/** What a policy and the machine answer; all else is the database's. */
const OF_POLICY: ReadonlySet<QuestionKind> = new Set([
  ...(['policy', 'explain', 'records', 'verify', 'artifact', 'drift', 'closure'] as const),
]);

/** Whoever answers what a policy and the machine know. */
export type PolicySource = Pick<Source, 'ask' | 'close'>;

/** One source of two: what a database holds, and what a policy means. */
export function joinedSource(database: Source, policy: PolicySource): Source {
  const overview = async (question: Question): Promise<Answer> => {
    const [answer, catalogue] = await Promise.all([
      database.ask(question) as Promise<Overview>,
      catalogueOf(policy),
    ]);
    return catalogue ? { ...answer, catalogue } : answer;
  };
  return {
    ask: (question) => {
      if (OF_POLICY.has(question.kind)) return policy.ask(question);
      return question.kind === 'overview' ? overview(question) : database.ask(question);
    },
    act: database.act,
    version: database.version,
    close: () => {
      database.close();
      policy.close();
    },
  };
}

/** The overview is worth seeing without a policy as well. */
async function catalogueOf(policy: PolicySource): Promise<Overview['catalogue']> {
  try {
    const { services } = (await policy.ask({ kind: 'policy' })) as PolicyView;
    const days = services.map(({ checked }) => checked).sort();
    return days[0] === undefined ? undefined : { oldest: days[0], services: days.length };
  } catch {
    return undefined;
  }
}
