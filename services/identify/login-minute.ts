import { roomFor } from '../core/slab.ts';

/** Logins and logouts of one minute, of all sessions of a tenant, in the order in which they came. */
export class LoginMinute {
  size = 0;
  private sessions = new Int32Array(16);
  private times = new Float64Array(16);
  private contents = new Uint32Array(16);
  private accounts = new Int32Array(16);

  /** @param account NOBODY for a logout; @param content hash of the event's record */
  add(session: number, at: number, content: number, account: number): void {
    const i = this.size++;
    this.sessions = roomFor(this.sessions, this.size);
    this.times = roomFor(this.times, this.size);
    this.contents = roomFor(this.contents, this.size);
    this.accounts = roomFor(this.accounts, this.size);
    this.sessions[i] = session;
    this.times[i] = at;
    this.contents[i] = content;
    this.accounts[i] = account;
  }

  *entries(): Generator<{ session: number; at: number; content: number; account: number }> {
    for (let i = 0; i < this.size; i++)
      yield { session: this.sessions[i], at: this.times[i], content: this.contents[i], account: this.accounts[i] };
  }

  /**
   * By session and time; at one moment a logout comes before logins, then the event's content decides, and between alike
   * ones the account's name: nothing of it depends on who came first.
   */
  sorted(compareAccounts: (a: number, b: number) => number): SortedLogins {
    const { size, sessions, times, contents, accounts } = this;
    const order = Uint32Array.from({ length: size }, (_, i) => i).sort((a, b) => {
      if (sessions[a] !== sessions[b]) return sessions[a] - sessions[b];
      if (times[a] !== times[b]) return times[a] - times[b];
      if (accounts[a] < 0 || accounts[b] < 0) return Math.sign(accounts[a]) - Math.sign(accounts[b]);
      if (contents[a] !== contents[b]) return contents[a] - contents[b];
      return compareAccounts(accounts[a], accounts[b]);
    });
    return {
      size,
      sessions: Int32Array.from(order, (i) => sessions[i]),
      times: Float64Array.from(order, (i) => times[i]),
      accounts: Int32Array.from(order, (i) => accounts[i]),
    };
  }
}

/** Logins by session, each session's in order of time. */
export interface SortedLogins {
  size: number;
  sessions: Int32Array;
  times: Float64Array;
  accounts: Int32Array;
}
