// Which of a fan's cards counts: the news of the platform's figures may come before the answer that names the fan.
import type { FanCard } from '$ipc';

/** The newest of the cards of the same fan as the first. */
export const newest = (card: FanCard, ...others: (FanCard | null)[]): FanCard =>
  others.reduce<FanCard>((best, other) => (other?.fan === best.fan && other.edition > best.edition ? other : best), card);
