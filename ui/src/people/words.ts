// Roles and rights in words.
import type { Right, Role } from '$ipc';
import type { Label } from '../i18n/index.svelte';

export const ROLES: readonly Role[] = ['staff', 'supervisor', 'manager'];

export const ROLE_WORDS: Record<Role, Label> = { staff: 'role.staff', supervisor: 'role.supervisor', manager: 'role.manager' };

export const RIGHT_WORDS: Record<Right, Label> = {
  identify: 'right.identify',
  give: 'right.give',
  redeem: 'right.redeem',
  award: 'right.award',
  undo_own: 'right.undo_own',
  undo_any: 'right.undo_any',
  raise_limit: 'right.raise_limit',
  override_gate: 'right.override_gate',
  prepare_gate: 'right.prepare_gate',
  close_shift: 'right.close_shift',
  review: 'right.review',
  decide: 'right.decide',
  export: 'right.export',
  settings: 'right.settings',
  staff: 'right.staff',
  devices: 'right.devices',
};
