import { createRecorder } from '../../src/attempts/recorder.ts';
import { parseName } from '../../src/policy/name.ts';
import { attempt, DAY } from './support.ts';

// Records without end until it is killed. A line of output says: number `n` was recorded at `time`.

const [, , database = '', from = '0'] = process.argv;
const recorder = createRecorder({
  database,
  keep: 90 * DAY,
  size: 2 ** 30,
  onProblem: (problem) => console.error(problem),
});
let n = Number(from);

// A thread that reads its program from source takes long to begin where the machine is busy; the promise is
// about one that runs.
await recorder.flush();

setInterval(() => {
  const time = Date.now();
  for (let i = 0; i < 10; i++) {
    recorder.record(attempt({ time, name: parseName(`${n}.example`) }));
    recorder.record(attempt({ time, name: parseName('same.example') }));
    n += 1;
  }
  process.stdout.write(`${n - 1} ${time}\n`);
}, 2);
