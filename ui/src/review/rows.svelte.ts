// The rows of the review, fetched page by page where somebody looks: a list of a hundred thousand is held in pieces.
import { commands, type AppError, type ReviewFilter, type ReviewRow } from '$ipc';
import { asAppError } from '../lib/errors';

export const PAGE = 100;

export const ANYTHING: ReviewFilter = {
  states: [], kinds: [], from: null, to: null, devices: 'all', device: null, store: null, staff: null, fan: null, least: null, most: null, rateLabel: null, text: null,
};

export class Rows {
  /** How many there are, as far as is known. */
  count = $state(0);
  /** There are more than are counted. */
  more = $state(false);
  loaded = $state(false);
  loading = $state(false);
  error = $state.raw<AppError | null>(null);

  private pages = $state.raw<ReadonlyMap<number, ReviewRow[]>>(new Map());
  private filter: ReviewFilter = ANYTHING;
  private turn = 0;
  private asked = new Set<number>();
  private seen: [number, number] = [0, 0];

  at(index: number): ReviewRow | null {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
  }

  indexOf(id: string): number {
    for (const [page, rows] of this.pages) {
      const at = rows.findIndex((row) => row.id === id);
      if (at >= 0) return page * PAGE + at;
    }
    return -1;
  }

  async load(filter: ReviewFilter): Promise<void> {
    this.filter = filter;
    this.seen = [0, 0];
    await this.fetch([0]);
  }

  /** The same again, without an empty moment in between. */
  async refresh(): Promise<void> {
    const [first, last] = this.seen;
    await this.fetch(Array.from({ length: last - first + 1 }, (_, at) => first + at));
  }

  /** Fetches what of these rows is missing. */
  need(first: number, last: number): void {
    const [from, to] = [Math.max(0, Math.floor(first / PAGE)), Math.max(0, Math.floor(last / PAGE))];
    this.seen = [from, to];
    for (let page = from; page <= to; page++) {
      if (!this.pages.has(page) && !this.asked.has(page) && page * PAGE < this.count) void this.add(page);
    }
  }

  private async fetch(wanted: number[]): Promise<void> {
    const mine = ++this.turn;
    this.loading = true;
    this.asked.clear();
    const filter = this.filter;
    try {
      const pages = new Map<number, ReviewRow[]>();
      for (const page of wanted) pages.set(page, await commands.reviewList({ filter, after: null, skip: page * PAGE, limit: PAGE }));
      if (mine !== this.turn) return;
      this.pages = pages;
      const [last, rows] = [...pages].at(-1) ?? [0, []];
      // Shown at once; the rest is counted behind it.
      if (rows.length < PAGE) [this.count, this.more] = [last * PAGE + rows.length, false];
      else this.count = Math.max(this.loaded && wanted.length > 0 && wanted[0] !== 0 ? this.count : 0, (last + 1) * PAGE);
      this.loaded = true;
      this.error = null;
      if (rows.length === PAGE) {
        const counted = await commands.reviewCount(filter);
        if (mine === this.turn) [this.count, this.more] = [counted.rows, counted.more];
      }
    } catch (thrown) {
      if (mine === this.turn) this.error = asAppError(thrown);
    } finally {
      if (mine === this.turn) this.loading = false;
    }
  }

  private async add(page: number): Promise<void> {
    const mine = this.turn;
    this.asked.add(page);
    // From the nearest page before it that is whole: what is skipped costs little then.
    let known = -1;
    for (const [number, rows] of this.pages) if (number < page && number > known && rows.length === PAGE) known = number;
    const after = this.pages.get(known)?.at(-1)?.place ?? null;
    try {
      const rows = await commands.reviewList({ filter: this.filter, after, skip: (page - known - 1) * PAGE, limit: PAGE });
      if (mine !== this.turn) return;
      this.pages = new Map([...this.pages, [page, rows]]);
    } catch (thrown) {
      if (mine === this.turn) this.error = asAppError(thrown);
    } finally {
      this.asked.delete(page);
    }
  }
}
