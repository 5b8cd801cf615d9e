// The sample border's offline policy.
import type { LimitInput, LimitUnit, OfflineLimits } from '../ipc/bindings';

const HOUR = 3_600_000;
const PLATFORM: [name: string, unit: LimitUnit, value: number][] = [
  ['max_purchase_minor', 'money', 500_000], ['max_grants_per_hour', 'count', 300], ['max_redeem_purchase', 'points', 2_000], ['split_window', 'time', 600_000],
  ['fan_try_online_from', 'count', 2], ['fan_refuse_from', 'count', 4], ['max_fan_unsynced', 'points', 5_000], ['max_fan_share_percent', 'percent', 50],
  ['max_device_redemptions', 'count', 200], ['max_device_unsynced', 'points', 200_000], ['warn_share_percent', 'percent', 50], ['pass_full_until', 'time', 4 * HOUR],
  ['pass_half_until', 'time', 24 * HOUR], ['sync_warn_after', 'time', 4 * HOUR], ['sync_stop_redeem_after', 'time', 24 * HOUR], ['sync_stop_grant_after', 'time', 72 * HOUR],
  ['max_card_redeem', 'points', 500],
];

export function limitsOf(own: LimitInput[] = []): OfflineLimits {
  const limits = PLATFORM.map(([name, unit, platform]) => {
    const value = own.find((one) => one.name === name)?.value ?? null;
    const grows = name === 'split_window';
    return { name, unit, grows, platform, own: value, effective: value === null ? platform : grows ? Math.max(value, platform) : Math.min(value, platform) };
  });
  return { limits, signed: true, fetchedAt: Date.now() - 40_000 };
}
