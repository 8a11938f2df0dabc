import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFinder } from '../../src/gate/front/finder.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';

const NAME = parseName('tunnels.example.com');
const ADDRESS = parseAddress('192.0.2.1');

function start() {
  const asked: string[] = [];
  const timers: (() => void)[] = [];
  const finder = createFinder({
    ask: (name) => asked.push(name),
    after: (_, call) => {
      timers.push(call);
      return () => {};
    },
  });
  return {
    finder,
    asked,
    pass: () => {
      for (const call of timers.splice(0)) call();
    },
  };
}

test('finder: those who want one name at once ask once, and are all told', async () => {
  const { finder, asked } = start();
  const both = Promise.all([finder.find(NAME), finder.find(NAME)]);
  finder.found(NAME, [ADDRESS]);
  assert.deepEqual(await both, [[ADDRESS], [ADDRESS]]);
  assert.deepEqual(asked, [NAME]);
});

test('finder: an answer serves the next for a while, and then is asked for anew', async () => {
  const { finder, asked, pass } = start();
  const first = finder.find(NAME);
  finder.found(NAME, [ADDRESS]);
  await first;
  assert.deepEqual(await finder.find(NAME), [ADDRESS]);
  pass();
  void finder.find(NAME);
  assert.deepEqual(asked, [NAME, NAME]);
});

test('finder: that there is none is not remembered', async () => {
  const { finder, asked } = start();
  const first = finder.find(NAME);
  finder.found(NAME, []);
  assert.deepEqual(await first, []);
  void finder.find(NAME);
  assert.equal(asked.length, 2);
});

for (const how of ['nobody says it in time', 'nobody is there any more'] as const) {
  test(`finder: nothing where ${how}`, async () => {
    const { finder, pass } = start();
    const first = finder.find(NAME);
    if (how === 'nobody says it in time') pass();
    else finder.forget();
    assert.deepEqual(await first, []);
  });
}
