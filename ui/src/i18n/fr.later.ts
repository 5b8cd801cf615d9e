// What the first screen does without, in French: it comes a moment later.
import { errors } from './fr.errors';
import { limits } from './fr.limits';
import { people } from './fr.people';
import { review } from './fr.review';
import { shift } from './fr.shift';
import type { Later } from './types';

export const later: Later = { errors, messages: { ...limits, ...people, ...review, ...shift } };
