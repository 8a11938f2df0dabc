import type {
  Answer,
  ArtifactView,
  Check,
  ClosureChain,
  Drift,
  PolicyView,
  Question,
  RecordsView,
} from '../../../src/tui/source.ts';

/** Everything that the screens of the policy can be told, made up. */
export type PolicyWorld = {
  readonly policy: PolicyView;
  readonly records: RecordsView;
  readonly checks: readonly Check[];
  readonly artifact: ArtifactView;
  readonly drift: Drift;
  readonly closure: readonly ClosureChain[];
};

export function policyAnswerOf(world: PolicyWorld, question: Question): Answer {
  switch (question.kind) {
    case 'policy':
      return world.policy;
    case 'records':
      return world.records;
    case 'verify':
      return world.checks;
    case 'artifact':
      return world.artifact;
    case 'drift':
      return world.drift;
    case 'closure':
      return world.closure;
    default:
      throw new Error(`nobody asks for ${question.kind} here`);
  }
}

/** A world in which this text stands wherever a text can come from outside. */
export function policyWorldOf(text = '', services = 9, lines = 40): PolicyWorld {
  const put = (usual: string) => (text === '' ? usual : text);
  const files = [
    {
      name: put('tunnelwarden.nft'),
      text: `# policy 2a44a086\n${Array.from({ length: lines }, (_, i) => `\tip daddr @tw_deny4 drop # ${put(String(i))}`).join('\n')}\n`,
    },
  ];
  return {
    policy: {
      ...{ file: put('policy.yaml'), mode: 'enforce', digest: '2a44a086c7f6fd5d', rules: 574 },
      ingress: [
        { domain: put('tunnels.example.com'), service: 'ngrok' },
        { domain: put('tunnels.example.net'), service: 'ngrok' },
      ],
      warnings: [put('policy.yaml:9:3: allow: ended 2026-11-01T00:00:00.000Z; remove it')],
      services: Array.from({ length: services }, (_, i) => ({
        ...{ id: put(`service-${i}`), title: put(`Service ${i} of many`), names: i },
        ...{ action: ['block', 'watch', '-', 'some'][i % 4] as string },
        checked: i % 3 === 0 ? '2026-01-31' : '2026-11-01',
      })),
      backends: ['nftables', 'iptables', 'rpz'].map((id) => ({
        id,
        title: put(`rules for ${id}`),
      })),
      formats: ['zone', 'nsupdate', 'terraform'],
    },
    records: {
      files: [
        { name: put('db.tunnels'), text: 'tunnels.example.com. 300 IN NS ns1.example.net.\n' },
      ],
      notes: [put('include it in the zone file')],
    },
    checks: [
      { state: 'good', title: 'delegation', text: put('the parent says the same') },
      { state: 'bad', title: 'caa', text: put('nobody may issue. To do: add a CAA record') },
      { state: 'unknown', title: 'certificate', text: put('not asked for') },
    ],
    artifact: {
      files,
      gaps: [{ about: put('fronts'), text: put('names at shared addresses need the gate') }],
    },
    drift: {
      state: 'differs',
      summary: put('The policy yields other rules: apply again.'),
      diff: ['--- loaded', '+++ policy', '@@ -1 +1 @@', `-${put('drop')}`, '+reject'],
    },
    closure: Array.from({ length: services }, (_, i) => ({
      ...{ service: put(`service-${i}`), title: put(`Service ${i}`), isNamed: i === 0 },
      steps: [
        { id: put('system-dns'), state: 'closed', by: [put('resolver: ngrok/session/x')] },
        {
          ...{ id: 'file', state: i % 2 === 0 ? 'open' : 'beyond', by: [] },
          ...{
            why: put('serves many others'),
            remedy: put('block it'),
            collateral: put('all of it'),
          },
        },
        { id: 'quic', state: 'unknown', by: [], why: put('nobody has looked') },
      ] as ClosureChain['steps'],
    })),
  };
}

const usual = policyWorldOf();

export const NO_POLICY: PolicyWorld = {
  ...usual,
  policy: {
    ...usual.policy,
    ingress: [],
    warnings: [],
    mode: 'observe',
    services: [],
    backends: [],
  },
  closure: [],
};
