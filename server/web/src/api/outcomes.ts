import { nowText } from '../lib/clock';
import { METHODS } from './call';
import type { Outcome, OutcomeKind } from './messages';
import type { Outbox } from './outbox';

// A person may think again: of these the latest holds.
const ANSWERS = new Set<OutcomeKind>(['OUTCOME_KIND_ACCEPTED', 'OUTCOME_KIND_DECLINED', 'OUTCOME_KIND_DISMISSED']);

// Tells what became of offers. What was said already is not said again.
export class Outcomes {
  private readonly told = new Set<string>();
  private readonly answers = new Map<string, string>();

  constructor(
    private readonly outbox: Outbox,
    private readonly operatorId?: string,
  ) {}

  tell(outcome: Omit<Outcome, 'time' | 'operatorId'>): void {
    const { attributionToken: token, kind } = outcome;
    if (ANSWERS.has(kind)) {
      const answer = `${kind} ${outcome.declineReason ?? ''}`;
      if (this.answers.get(token) === answer) return;
      this.answers.set(token, answer);
    } else {
      if (this.told.has(`${token} ${kind}`)) return;
      this.told.add(`${token} ${kind}`);
    }
    const whole: Outcome = { ...outcome, time: nowText() };
    if (kind === 'OUTCOME_KIND_SPOKEN' && this.operatorId) whole.operatorId = this.operatorId;
    this.outbox.send(METHODS.recordOutcome, { outcome: whole });
  }
}
