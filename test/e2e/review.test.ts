import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/e2e/patience.ts';
import { DOOR, OTHER_DOOR, review, TAILSCALE } from '../support/e2e/reviewed.ts';
import { attempts, tunnelwarden } from '../support/e2e/tunnelwarden.ts';

// What people type beside a resolver that runs: from the first question of a client to an incident that is dealt
// with, in one go, each command as it prints without a terminal.

type Step = {
  readonly when: string;
  readonly words: readonly string[];
  readonly code?: number;
  /** Each has to be found on the standard output; without any, nothing is printed there. */
  readonly says?: readonly RegExp[];
  /** The same of the errors and remarks. */
  readonly remarks?: RegExp;
};

/** Runs commands one after the other on a database, as ada. */
function typing(t: TestContext, database: string) {
  return async (steps: readonly Step[]) => {
    for (const { when, words, code = 0, says = [], remarks } of steps) {
      await t.test(when, async () => {
        const ended = await tunnelwarden([...words, '--database', database], {
          env: { USER: 'ada', SUDO_USER: '' },
        });
        assert.equal(ended.code, code, ended.stderr);
        for (const said of says) assert.match(ended.stdout, said);
        if (says.length === 0) assert.equal(ended.stdout, '');
        if (remarks) assert.match(ended.stderr, remarks);
        else assert.equal(ended.stderr, '');
        for (const line of ended.stdout.split('\n')) {
          assert.ok([...line].length <= 80, `wider than 80 columns: ${line}`);
        }
        assert.doesNotMatch(ended.stdout + ended.stderr, / $|\t|undefined|NaN/m);
      });
    }
  };
}

const BEFORE: readonly Step[] = [
  {
    when: 'no incident yet',
    words: ['incidents'],
    remarks: /^No attempt is recorded yet; let clients use the resolver/,
  },
  { when: 'no attempt yet', words: ['attempts'], remarks: /^No attempt is recorded yet/ },
  { when: 'no client yet', words: ['clients'], remarks: /^No client is known yet/ },
  { when: 'no exception', words: ['exceptions'], remarks: /^No exception is in force/ },
  {
    when: 'never an exception',
    words: ['exceptions', '--all'],
    remarks: /^There has never been an exception/,
  },
  {
    when: 'an incident that is not there',
    words: ['incidents', 'show', '1'],
    ...{ code: 1, remarks: /^There is no incident 1; .*list --all/ },
  },
  {
    when: 'an exception that is not there',
    words: ['revoke', '1'],
    ...{ code: 1, remarks: /^There is no exception 1;/ },
  },
];

const AFTERWARDS: readonly Step[] = [
  {
    when: 'what waits',
    words: ['incidents'],
    says: [
      /^ID +SEVERITY +STATE +LAST SEEN +CLIENT +SERVICE +COUNT\n/,
      /^ 1 +low +new +[-\d: ]+ \S+ +ngrok +2$/m,
      /^ 2 +low +new +[-\d: ]+ \S+ +tailscale +1$/m,
    ],
  },
  {
    when: 'of one service',
    words: ['incidents', 'list', '--service', 'tailscale'],
    says: [/^ID.*\n 2 .*\n$/],
  },
  {
    when: 'of a service nobody tried',
    words: ['incidents', 'list', '--service', 'zrok'],
    remarks: /^No incident matches; leave out a filter/,
  },
  {
    when: 'two and one that is not there',
    words: ['incidents', 'show', '1', '2', '9'],
    code: 1,
    says: [
      /^Incident 1: low, new\n {2}client .*127\.0\.0\.1/,
      /^Incident 2: low, new$/m,
      /^ {2}low +Asked for the name that agents dial, and was refused \(2 times\)\.$/m,
      /^ {2}[-\d]+ [\d:]+ +system-dns +connect\.ngrok-agent\.com +refused +×1$/m,
      /^ {2}tunnelwarden incidents ack 1 {6}somebody looks after it$/m,
    ],
    remarks: /^There is no incident 9;/,
  },
  {
    when: 'one is acknowledged, another is not there',
    words: ['incidents', 'ack', '1', '9', '--note', 'asked Bo'],
    ...{ code: 1, says: [/^Acknowledged incident 1: ngrok on 127\.0\.0\.1\.\n$/] },
    remarks: /^There is no incident 9;/,
  },
  {
    when: 'it is closed',
    words: ['incidents', 'close', '1'],
    says: [/^Closed incident 1: ngrok on 127\.0\.0\.1\.\n$/],
  },
  {
    when: 'a note is left',
    words: ['incidents', 'note', '1', 'a trial of Bo'],
    says: [/^Noted about incident 1: ngrok on 127\.0\.0\.1\.\n$/],
  },
  {
    when: 'a note that says nothing',
    words: ['incidents', 'note', '1', ' '],
    ...{ code: 2, remarks: /is empty; write what there is to say/ },
  },
  {
    when: 'no number',
    words: ['incidents', 'ack', 'first'],
    ...{ code: 2, remarks: /"first" is not the number of an incident/ },
  },
  {
    when: 'it is reopened',
    words: ['incidents', 'reopen', '1'],
    says: [/^Reopened incident 1: ngrok on 127\.0\.0\.1\.\n$/],
  },
  {
    when: 'all are acknowledged at once',
    words: ['incidents', 'ack', '1', '2'],
    says: [/^Acknowledged incident 1:.*\nAcknowledged incident 2:.*\n$/],
  },
  { when: 'nothing waits', words: ['incidents'], remarks: /^Nothing waits for review; --all/ },
  {
    when: 'all that there is',
    words: ['incidents', '--all'],
    says: [/^ 1 +low +acknowledged/m, /^ 2 +low +acknowledged/m],
  },
  {
    when: 'what was done',
    words: ['incidents', 'show', '1'],
    says: [
      /ada acknowledged it: asked Bo\n.*ada closed it\n.*ada noted: a trial of Bo\n.*ada reopened it\n.*ada acknowledged it\n/,
    ],
  },
];

const ALLOWING: readonly Step[] = [
  {
    when: 'nobody is said',
    words: ['allow', DOOR, '--for', '1h', '--reason', 'why'],
    ...{ code: 2, remarks: /^say for whom: --client .* or --everyone/ },
  },
  {
    when: 'for too long',
    words: ['allow', DOOR, '--everyone', '--for', '99d', '--reason', 'why'],
    ...{ code: 2, remarks: /"99d" is longer than 30 days; write at most 30d/ },
  },
  {
    when: 'for an incident that is not there',
    words: ['allow', DOOR, '--everyone', '--for', '1h', '--reason', 'why', '--incident', '77'],
    ...{ code: 1, remarks: /^there is no incident 77; nothing is allowed/ },
  },
  {
    when: 'for one client and its incident',
    words: [
      ...['allow', '--service', 'ngrok', '--client', '127.0.0.1', '--for', '15m'],
      ...['--reason', 'a vendor call', '--incident', '1'],
    ],
    says: [
      /^Exception 1: ngrok for 127\.0\.0\.1 until [-\d]+ [\d:]+\.\n`tunnelwarden revoke 1` ends it before\.\n$/,
    ],
  },
  {
    when: 'it is listed',
    words: ['exceptions'],
    says: [
      /^ID +ALLOWS +CLIENTS +UNTIL +BY +REASON\n 1 +ngrok +127\.0\.0\.1 +[-\d]+ [\d:]+ +ada +a vendor call\n$/,
    ],
  },
  {
    when: 'its incident is excepted',
    words: ['incidents', '--all'],
    says: [/^ 1 +low +excepted/m],
  },
];

const REVOKING: readonly Step[] = [
  {
    when: 'one and one that is not there',
    words: ['revoke', '1', '7'],
    ...{ code: 1, says: [/^Exception 1 is revoked: ngrok for 127\.0\.0\.1\.\n$/] },
    remarks: /^There is no exception 7;/,
  },
  {
    when: 'once more',
    words: ['revoke', '1'],
    ...{ code: 1, remarks: /^Exception 1 was over before, [-\d: ]+: ngrok for 127\.0\.0\.1\.$/m },
  },
  { when: 'none is left', words: ['exceptions'], remarks: /^No exception is in force/ },
  { when: 'it was there', words: ['exceptions', '--all'], says: [/^ 1 +revoked +ngrok/m] },
];

const LOOKING: readonly Step[] = [
  {
    when: 'all attempts',
    words: ['attempts'],
    says: [/^LAST SEEN/, /ngrok +excepted +\d+$/m, /tailscale +blocked +1$/m],
  },
  {
    when: 'attempts in words',
    words: ['attempts', 'service:ngrok -verdict:excepted', OTHER_DOOR],
    says: [/^LAST SEEN.*\n.*tunnel\.ngrok\.com.*\n$/],
  },
  {
    when: 'words that mean nothing',
    words: ['attempts', 'service:ngrok', 'colour:red'],
    ...{ code: 2, remarks: /^word 2, colour:red: there is no field "colour"/ },
  },
  {
    when: 'words that match nothing',
    words: ['attempts', 'service:zrok'],
    remarks: /^No attempt matches;/,
  },
  {
    when: 'who it was',
    words: ['clients'],
    says: [/^CLIENT +SOURCE +KIND +VALUE|127\.0\.0\.1/],
  },
];

test('review: from a question to an incident that is dealt with', {
  timeout: 180_000,
}, async (t) => {
  const { ask, database, policy } = await review(t);
  const type = typing(t, database);
  await type(BEFORE);
  for (const name of [DOOR, OTHER_DOOR, TAILSCALE]) {
    assert.equal((await ask(name)).rcode, 'NXDOMAIN');
  }
  await eventually('attempts', async () => (await attempts(database)).length === 3);
  await type(AFTERWARDS);
  await type(ALLOWING);
  await eventually('an answer', async () => (await ask(DOOR)).rcode === 'NOERROR', 1000);
  const explained = async () => {
    const words = ['explain', DOOR, '--policy', policy];
    const heeding = await tunnelwarden([...words, '--database', database]);
    const not = await tunnelwarden(words);
    return [heeding.stdout, not.stdout].map((text) => / is (answered|refused) /.exec(text)?.[1]);
  };
  assert.deepEqual(await explained(), ['answered', 'refused']);
  await type(REVOKING);
  await eventually('a refusal', async () => (await ask(DOOR)).rcode === 'NXDOMAIN', 1000);
  assert.deepEqual(await explained(), ['refused', 'refused']);
  await type(LOOKING);
  await t.test('what came afterwards has it reopened', async () => {
    await eventually('a reopened incident', async () => {
      const { stdout } = await tunnelwarden(['incidents', '--database', database]);
      return /^ 1 +low +reopened .* ngrok /m.test(stdout);
    });
  });
});

/** Questions a second, for how many seconds, and commands that write meanwhile. */
const [RATE, SECONDS, NOTES] = [200, 10, 16];

test('review: serve and people write at once, and neither loses anything', {
  timeout: 120_000,
}, async (t) => {
  const { ask, as, database, server } = await review(t);
  await ask(DOOR);
  await eventually('an incident', async () => (await attempts(database)).length);
  const asking = (async () => {
    const answers: Promise<unknown>[] = [];
    const begun = performance.now();
    while (answers.length < RATE * SECONDS) {
      const due = ((performance.now() - begun) / 1000) * RATE;
      // Names of their own: each is a row of its own.
      while (answers.length < due) answers.push(ask(`n${answers.length}.${DOOR}`));
      await delay(5);
    }
    return (await Promise.all(answers)).length;
  })();
  const noting = async (writer: string) => {
    for (let i = 0; i < NOTES / 2; i++) {
      await as(writer, 'incidents', 'ack', '1', '--note', `${writer} ${i}`);
    }
  };
  const [asked] = await Promise.all([asking, noting('ada'), noting('ben')]);
  const told = JSON.parse(await as('ada', 'incidents', 'show', '1', '--json'));
  const wanted = ['ada', 'ben'].flatMap((writer) =>
    Array.from({ length: NOTES / 2 }, (_, i) => `${writer} ${i}`),
  );
  const noted = told.acts.map(({ note }: { readonly note: string }) => note);
  assert.deepEqual(noted.toSorted(), wanted.toSorted());
  const all = asked + 1;
  await eventually('all questions', async () => {
    const lines = await attempts(database);
    return lines.reduce((sum, { count }) => sum + Number(count), 0) === all;
  });
  const faults = server.log().filter(({ level }) => level !== 'info');
  assert.deepEqual(faults, []);
});
