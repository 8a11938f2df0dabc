import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { type EntryChoice, editEntry } from '../../src/policy/yaml-edit.ts';

const CHOICE: EntryChoice = {
  list: 'ingress',
  by: 'domain',
  isMeant: (value) => value === 'a.example.com',
};
const FIELDS = { domain: 'a.example.com', names: ['x'], nameservers: ['n', 'm'] };
const edit = (text: string) => editEntry(text, CHOICE, FIELDS);

const cases = [
  {
    when: 'keys are added behind the first, with every comment where it was',
    before: `# starter
organisation:
  name: Example Corp   # us

ingress:   # doors
  # the first
  - domain: a.example.com     # ours
    ttl: 300
    # inside
  # tail

# next
services:
  ngrok: block                      # what
`,
    after: `# starter
organisation:
  name: Example Corp   # us

ingress:   # doors
  # the first
  - domain: a.example.com     # ours
    names:
      - x
    nameservers:
      - n
      - m
    ttl: 300
    # inside
  # tail

# next
services:
  ngrok: block                      # what
`,
  },
  {
    when: 'a value that differs is replaced, one that does not is left',
    before: `ingress:
  - names: [x]   # as it was
    nameservers:
      - old   # gone
      - n
    domain: "a.example.com"
  - domain: b.example.com
`,
    after: `ingress:
  - names: [x]   # as it was
    nameservers:
      - n
      - m
    domain: "a.example.com"
  - domain: b.example.com
`,
  },
  {
    when: 'an entry is added at the depth of the others',
    before: `ingress:
- domain: b.example.com
  names: [q]   # z
# next
b: 2
`,
    after: `ingress:
- domain: b.example.com
  names: [q]   # z
- domain: a.example.com
  names:
    - x
  nameservers:
    - n
    - m
# next
b: 2
`,
  },
  {
    when: 'a list in brackets is written in brackets',
    before: 'ingress: [{ domain: a.example.com, ttl: 60 }]   # keep\nb: {x: 1}\n',
    after:
      'ingress: [ { domain: a.example.com, ttl: 60, names: [ x ], nameservers: [ n, m ] } ]   # keep\nb: {x: 1}\n',
  },
  {
    when: 'an entry in braces is written in braces',
    before: 'ingress:\n  - { domain: a.example.com } # keep\n  - domain: b.example.com\n',
    after:
      'ingress:\n  - { domain: a.example.com, names: [ x ], nameservers: [ n, m ] } # keep\n  - domain: b.example.com\n',
  },
  {
    when: 'an empty list becomes one',
    before: 'ingress: []   # keep\nb: 1',
    after: `ingress:   # keep
  - domain: a.example.com
    names:
      - x
    nameservers:
      - n
      - m
b: 1`,
  },
  {
    when: 'nothing behind the key becomes a list',
    before: 'ingress: # keep\nb: 1\n',
    after: `ingress: # keep
  - domain: a.example.com
    names:
      - x
    nameservers:
      - n
      - m
b: 1
`,
  },
  {
    when: 'a file without the key gets it at its end, even without a last line break',
    before: 'b: 1',
    after: `b: 1
ingress:
  - domain: a.example.com
    names:
      - x
    nameservers:
      - n
      - m
`,
  },
  {
    when: 'a file in braces is written anew',
    before: '{b: 1}',
    after:
      '{ b: 1, ingress: [ { domain: a.example.com, names: [ x ], nameservers: [ n, m ] } ] }\n',
  },
];
for (const { when, before, after } of cases) {
  test(`editEntry: ${when}`, () => {
    assert.equal(edit(before), after);
  });
  test(`editEntry: ${when}; twice is as good as once, and only the entry differs`, () => {
    const once = edit(before);
    assert.equal(edit(once), once);
    const { ingress: old, ...rest } = parse(before);
    const { ingress, ...same } = parse(once);
    assert.deepEqual(same, rest);
    const entry = ingress.find(({ domain }: { domain: string }) => domain === 'a.example.com');
    assert.deepEqual(entry, { ...entry, ...FIELDS });
    for (const other of (old ?? []).filter(
      ({ domain }: { domain: string }) => domain !== 'a.example.com',
    )) {
      assert.ok(ingress.some((one: object) => JSON.stringify(one) === JSON.stringify(other)));
    }
  });
}

test('editEntry: line ends of Windows stay, and the new lines read alike', () => {
  const once = edit('ingress:\r\n  - domain: a.example.com # x\r\n    ttl: 60\r\nb: 1\r\n');
  assert.deepEqual(parse(once), { ingress: [{ ...FIELDS, ttl: 60 }], b: 1 });
  assert.match(once, /# x\r?\n/);
});
