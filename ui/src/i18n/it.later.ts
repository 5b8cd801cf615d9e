// What the first screen does without, in Italian: it comes a moment later.
import { errors } from './it.errors';
import { limits } from './it.limits';
import { people } from './it.people';
import { review } from './it.review';
import { shift } from './it.shift';
import type { Later } from './types';

export const later: Later = { errors, messages: { ...limits, ...people, ...review, ...shift } };
