// The last operations of this device, as they were listed and as they have changed since.
import { commands, type AppError, type OperationView } from '$ipc';
import { asAppError } from '../lib/errors';

const SHOWN = 6;

export class Recent {
  rows = $state.raw<OperationView[]>([]);
  error = $state.raw<AppError | null>(null);
  /** What changes while a list is on its way: the list may not tell of it yet. */
  private meanwhile = new Set<OperationView[]>();

  async load(): Promise<void> {
    const changed: OperationView[] = [];
    this.meanwhile.add(changed);
    try {
      const page = await commands.operations({ states: [], kinds: [], from: null, to: null, after: null, limit: SHOWN });
      this.rows = page.rows;
      this.error = null;
      changed.forEach((operation) => this.put(operation));
    } catch (thrown) {
      this.error = asAppError(thrown);
    } finally {
      this.meanwhile.delete(changed);
    }
  }

  /** An operation as it stands now. */
  note(operation: OperationView): void {
    this.meanwhile.forEach((changed) => changed.push(operation));
    this.put(operation);
  }

  private put(operation: OperationView): void {
    const known = this.rows.some((row) => row.id === operation.id);
    const rows = known ? this.rows.map((row) => (row.id === operation.id ? operation : row)) : [operation, ...this.rows];
    this.rows = rows.toSorted((a, b) => b.seq - a.seq).slice(0, SHOWN);
  }
}
