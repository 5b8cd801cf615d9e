// What the first screen does without, in English: it comes a moment later.
import { errors } from './en.errors';
import { limits } from './en.limits';
import { people } from './en.people';
import { review } from './en.review';
import { shift } from './en.shift';

export const later = { errors, messages: { ...limits, ...people, ...review, ...shift } };
