import type { AppError, ErrorCode } from '$ipc';

/** What a command threw, as an error for a person. */
export function asAppError(thrown: unknown): AppError {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string') {
    return thrown as AppError;
  }
  return appError('internal', thrown instanceof Error ? thrown.message : String(thrown));
}

export function appError(code: ErrorCode, detail: string | null = null): AppError {
  return { code, retry: false, needed: null, available: null, detail };
}
