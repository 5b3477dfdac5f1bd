/** |bias + contributions − score| of an alert: how far its explanation is from what it explains. */
export function explanationError(alert: { bias: number; reasons: readonly { contribution: number }[]; score: number }): number {
  return Math.abs(alert.reasons.reduce((sum, { contribution }) => sum + contribution, alert.bias) - alert.score);
}
