// A list of operations that is fetched page by page and kept true by the changes that the app tells of.
import { commands, type AppError, type OperationFilter, type OperationView } from '$ipc';
import { asAppError } from './errors';

const PAGE = 50;

export type Wanted = Omit<OperationFilter, 'after' | 'limit'>;

export class Pages {
  rows = $state.raw<OperationView[]>([]);
  loading = $state(false);
  loaded = $state(false);
  error = $state.raw<AppError | null>(null);
  more = $state(false);

  private wanted: Wanted | null = null;
  private next: number | null = null;
  private turn = 0;
  /** Changes that came while a page was fetched: the page may be older than they are. */
  private meanwhile: OperationView[] = [];

  async load(wanted: Wanted): Promise<void> {
    this.wanted = wanted;
    this.loaded = false;
    await this.fetch(wanted, null, []);
  }

  /** The first page again, without an empty moment in between. */
  async refresh(): Promise<void> {
    if (this.wanted) await this.fetch(this.wanted, null, []);
  }

  async loadMore(): Promise<void> {
    if (this.wanted && this.next !== null && !this.loading) await this.fetch(this.wanted, this.next, this.rows);
  }

  private async fetch(wanted: Wanted, after: number | null, before: OperationView[]): Promise<void> {
    const mine = ++this.turn;
    this.loading = true;
    this.error = null;
    this.meanwhile = [];
    try {
      const page = await commands.operations({ ...wanted, after, limit: PAGE });
      if (mine !== this.turn) return;
      this.rows = [...before, ...page.rows];
      this.next = page.next;
      this.more = page.next !== null;
      this.loaded = true;
      for (const operation of this.meanwhile) this.take(operation, wanted);
    } catch (thrown) {
      if (mine === this.turn) this.error = asAppError(thrown);
    } finally {
      if (mine === this.turn) this.loading = false;
    }
  }

  hear(operation: OperationView): void {
    const wanted = this.wanted;
    if (this.loading) this.meanwhile.push(operation);
    if (wanted && this.loaded) this.take(operation, wanted);
  }

  private take(operation: OperationView, wanted: Wanted): void {
    const others = this.rows.filter((row) => row.id !== operation.id);
    const known = others.length < this.rows.length;
    if (!belongs(operation, wanted)) {
      if (known) this.rows = others;
    } else if (known || (this.rows[0]?.seq ?? -1) < operation.seq || !this.more) {
      this.rows = [...others, operation].toSorted((a, b) => b.seq - a.seq);
    }
  }
}

export function belongs(operation: OperationView, wanted: Wanted): boolean {
  return (
    (wanted.states.length === 0 || wanted.states.includes(operation.state)) &&
    (wanted.kinds.length === 0 || wanted.kinds.includes(operation.kind)) &&
    (wanted.from === null || operation.madeAt >= wanted.from) &&
    (wanted.to === null || operation.madeAt < wanted.to)
  );
}
