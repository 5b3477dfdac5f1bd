/** Why a request is not taken: the answer that the sender gets. */
export class Refusal extends Error {
  readonly status: number;
  /** seconds after which it may be tried again */
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}
