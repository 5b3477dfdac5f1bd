import type { AccountBaselines } from '../baselines/account.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import { A, hourLevel, I, LEVELS } from '../levels.ts';
import type { ClosedWindow } from '../windows.ts';

/** An amount this many times the expected mean is worth a look. */
const FACTOR = 3;
const LEAST = 3;

/** Whether an account's window is worth a trained scorer's time: something is new, or much more than expected. Cheap: no surprise is computed. */
export function accountScreen({ values }: ClosedWindow, b: AccountBaselines): boolean {
  if (values[A.new_networks] + values[A.new_countries] + values[A.new_devices] > 0 && b.lifeDays >= 2) return true;
  for (let level = 0; level < LEVELS.length; level++) {
    const amount = hourLevel(values, level);
    if (amount >= LEAST && amount > FACTOR * b.hour(level).mean) return true;
  }
  return false;
}

/** The same for an interface's window. */
export function interfaceScreen(window: ClosedWindow, b: InterfaceBaselines): boolean {
  const { values } = window;
  if (values[I.requests] < LEAST) return false;
  if (values[I.failures] + values[I.refused] > 0.2 * values[I.requests]) return true;
  return values[I.requests] > FACTOR * b.requests(window.calendar).mean;
}
