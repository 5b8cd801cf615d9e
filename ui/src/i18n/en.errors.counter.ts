// English wording of refusals of vouchers, discount codes and products.

export const counterErrors = {
  goodsOffline: {
    title: 'This needs a connection',
    meaning: 'Vouchers, discount codes and products can only be checked by the platform. Nothing was used.',
    action: 'Use it once the till is online again.',
  },
  goodsNotOpen: {
    title: 'This code is not good any more',
    meaning: 'It was used, has expired, or was issued by somebody else. Nothing was given.',
    action: 'Scan it again to see which, or give points without it.',
  },
  goodsOtherFan: {
    title: 'This code belongs to another fan',
    meaning: 'A discount code is good for the fan who got it. Nothing was used.',
    action: 'Scan that fan, or give points without the code.',
  },
  managerPinUnset: {
    title: 'No manager’s PIN is set here',
    meaning: 'Nobody on this device can raise a limit. Nothing was booked.',
    action: 'Set a manager’s PIN where the gate is prepared, or let people sign in.',
  },
  limitLaxer: {
    title: 'Laxer than the platform allows',
    meaning: 'A device can be stricter than the platform, never laxer. Nothing was changed.',
    action: 'Choose a stricter value.',
  },
};
