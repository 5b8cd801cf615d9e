// What the first screen does without, in German: it comes a moment later.
import { errors } from './de.errors';
import { limits } from './de.limits';
import { people } from './de.people';
import { review } from './de.review';
import { shift } from './de.shift';
import type { Later } from './types';

export const later: Later = { errors, messages: { ...limits, ...people, ...review, ...shift } };
