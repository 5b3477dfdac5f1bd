// One `weir detect` in a process of its own with cuts every few milliseconds, for tests that kill it.
// Argument: JSON {files, data, alerts, canonical, cutEvery, workers}. Prints a mark for every bit of progress.
import { runDetect } from '../../dist/services/commands/run-detect.js';

const options = JSON.parse(process.argv[2]);
const result = await runDetect({ ...options, onProgress: () => process.stdout.write('.') });
process.stdout.write('\n', () => process.exit(result.problems.length === 0 ? 0 : 1));
