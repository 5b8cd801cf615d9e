// The shape that every language fills. English is the model: its keys and its placeholders bind the others.
import type { ErrorCode } from '$ipc';
import type { en } from './en';
import type { later } from './en.later';

/** A sentence that depends on `count`, by the plural categories of its language. */
export interface Plural {
  readonly zero?: string;
  readonly one?: string;
  readonly two?: string;
  readonly few?: string;
  readonly many?: string;
  readonly other: string;
}

export interface ErrorWording {
  /** What happened. */
  readonly title: string;
  /** What it means for the fan in front of staff. */
  readonly meaning: string;
  /** The same with the figures {needed} and {available}, where both are known. */
  readonly figures?: string;
  /** What to do. */
  readonly action: string;
}

type Filled<M> = { readonly [K in keyof M]: M[K] extends string ? string : Plural };
export type Messages = typeof en.messages & typeof later.messages;
export type Key = keyof Messages;

/** What the first screen says. */
export interface Words {
  readonly messages: Filled<typeof en.messages>;
}

/** What other screens say, and what is said of refusals and faults. */
export interface Later {
  readonly messages: Filled<typeof later.messages>;
  readonly errors: { readonly [C in ErrorCode]: ErrorWording };
}

/** A whole language. */
export interface Catalogue extends Later {
  readonly messages: Filled<Messages>;
}

type Names<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Texts<M> = M extends string ? M : M[keyof M];
type ParamNames<K extends Key> = Names<Texts<Messages[K]>> | (Messages[K] extends string ? never : 'count');

export type Params<K extends Key> = { readonly [N in ParamNames<K>]: N extends 'count' ? number : string | number };
export type Rest<K extends Key> = [ParamNames<K>] extends [never] ? [] : [params: Params<K>];

/** A sentence that needs no values: what a table of words may hold. */
export type Label = { [K in Key]: [ParamNames<K>] extends [never] ? K : never }[Key];
