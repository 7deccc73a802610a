// Watches whether somebody is there. After a while it asks, and then it is over.
export const ASK_AFTER_MS = 12_000;
export const END_AFTER_MS = 20_000;

export interface IdleListener {
  // Called once a second while it asks; undefined: somebody is there again.
  asking(secondsLeft: number | undefined): void;
  over(): void;
}

export class Idle {
  private last = 0;
  private asked = false;
  private timer: number | undefined;

  constructor(private readonly listener: IdleListener) {
    // A finger that comes down, or a key that presses a button, is answered by the click that follows: else that click
    // would fall on what comes to light when the question goes away.
    for (const type of ['pointerdown', 'keydown', 'click', 'wheel', 'touchmove']) {
      const pressing = (event: Event) =>
        type === 'pointerdown' || (event instanceof KeyboardEvent && [' ', 'Enter'].includes(event.key));
      document.addEventListener(type, (event) => this.touched(pressing(event)), { capture: true, passive: true });
    }
  }

  start(): void {
    this.stop();
    this.last = performance.now();
    this.timer = window.setInterval(() => this.look(), 250);
  }

  stop(): void {
    window.clearInterval(this.timer);
    this.timer = undefined;
    this.asked = false;
  }

  private touched(pressing: boolean): void {
    if (this.timer === undefined) return;
    this.last = performance.now();
    if (pressing) return;
    if (this.asked) this.listener.asking(undefined);
    this.asked = false;
  }

  private look(): void {
    const idleMs = performance.now() - this.last;
    if (idleMs >= END_AFTER_MS) {
      this.stop();
      this.listener.over();
    } else if (idleMs >= ASK_AFTER_MS) {
      this.asked = true;
      this.listener.asking(Math.ceil((END_AFTER_MS - idleMs) / 1000));
    }
  }
}
