// How long, and how much of, something on the screen could be seen. What was half visible for a second counts as seen,
// as in the viewable impression guidelines of MRC and IAB (2014); less is not told.
const SHARE_THAT_COUNTS = 0.5;
const LEAST_MS = 1000;

interface Watched {
  token: string;
  largestShare: number;
  // Since when enough of it is visible; undefined: it is not.
  since: number | undefined;
  totalMs: number;
  share: number;
}

export class Sight {
  private readonly watched = new Map<Element, Watched>();
  private readonly observer: IntersectionObserver;
  private paused = false;

  // `seen` is told once for each element, when it leaves or when looking ends.
  constructor(private readonly seen: (token: string, visibleMs: number, visibleShare: number) => void) {
    const threshold = Array.from({ length: 21 }, (_, i) => i / 20);
    this.observer = new IntersectionObserver((entries) => this.noticed(entries), { threshold });
    document.addEventListener('visibilitychange', this.lookAgain);
  }

  watch(target: Element, token: string): void {
    const known = this.watched.get(target);
    if (known?.token === token) return;
    if (known) this.unwatch(target);
    this.watched.set(target, { token, largestShare: 0, since: undefined, totalMs: 0, share: 0 });
    this.observer.observe(target);
  }

  unwatch(target: Element): void {
    const watched = this.watched.get(target);
    if (!watched) return;
    this.stop(watched);
    this.watched.delete(target);
    this.observer.unobserve(target);
    if (watched.totalMs < LEAST_MS) return;
    this.seen(watched.token, Math.round(watched.totalMs), Number(watched.largestShare.toFixed(2)));
  }

  // Tells what is due by now, as there may be no later; all is watched on.
  report(): void {
    for (const [target, { token }] of [...this.watched]) {
      this.unwatch(target);
      this.watch(target, token);
    }
  }

  // While nobody seems to be there, nobody sees anything.
  pause(paused: boolean): void {
    this.paused = paused;
    this.lookAgain();
  }

  end(): void {
    for (const target of [...this.watched.keys()]) this.unwatch(target);
    this.observer.disconnect();
    document.removeEventListener('visibilitychange', this.lookAgain);
  }

  private noticed(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const watched = this.watched.get(entry.target);
      if (!watched) continue;
      watched.share = entry.intersectionRatio;
      this.look(watched);
    }
  }

  private readonly lookAgain = (): void => {
    for (const watched of this.watched.values()) this.look(watched);
  };

  private look(watched: Watched): void {
    const visible = !this.paused && !document.hidden;
    if (visible) watched.largestShare = Math.max(watched.largestShare, watched.share);
    if (visible && watched.share >= SHARE_THAT_COUNTS) watched.since ??= performance.now();
    else this.stop(watched);
  }

  private stop(watched: Watched): void {
    if (watched.since !== undefined) watched.totalMs += performance.now() - watched.since;
    watched.since = undefined;
  }
}
