// People and devices of the shop without Rust.
import type { AppError, DeviceView, ErrorCode, PersonView, ProviderView, Right, RoleRights, Role, Status } from '../ipc/bindings';
import type { Port } from '../ipc/port';
import { RIGHTS } from './sample';

/** What of the shop the people need. */
interface Shop {
  status: Status;
  call: (command: string, ...parts: unknown[]) => void;
  tellStatus: () => void;
}

const OPEN: Status['session'] = { knowsPeople: false, person: null, locked: false, rights: [...RIGHTS], provider: null };

type Names = 'people' | 'signIn' | 'startPerson' | 'changeOwnPin' | 'lock' | 'signOut' | 'noteInput' | 'roleRights' | 'setRoleRight' | 'addPerson' | 'changePerson' | 'removePerson' | 'resetPersonPin' | 'signInWithProvider' | 'cancelProviderSignIn' | 'linkProviderSignIn' | 'signInProvider' | 'testSignInProvider' | 'setSignInProvider' | 'pair' | 'devices' | 'inviteDevice' | 'revokeDevice';

/** The people of a shop; their PINs are kept as they are typed. */
export class FakePeople {
  people: PersonView[] = [];
  pins = new Map<string, string>();
  rights = new Map<Role, Right[]>();
  devices: DeviceView[] = [];
  provider: ProviderView | null = null;
  /** Who comes back from the browser: one of the people, somebody unknown, or nobody with this error. Null: nobody yet. */
  returns: { person: string } | 'unknown' | ErrorCode | null = null;
  private awaited: (() => void) | null = null;

  constructor(private shop: Shop, private failure: (code: ErrorCode, more?: Partial<AppError>) => AppError) {
    this.reset();
  }

  reset(): void {
    this.people = [];
    this.provider = null;
    this.returns = null;
    this.pins.clear();
    this.rights = new Map([['staff', RIGHTS.slice(0, 5)], ['supervisor', RIGHTS.slice(0, 10)], ['manager', [...RIGHTS]]]);
    this.devices = [
      { deviceId: 'd-1', name: 'Till 2', store: 'North', terminalId: 'T-2', role: 'staff', revoked: false, lastSeen: Date.now() - 40_000, version: '0.1.0', waiting: 3, oldestWaiting: null, clockOffsetMs: 6400, here: false },
      { deviceId: 'd-2', name: 'Old till', store: 'North', terminalId: null, role: 'staff', revoked: true, lastSeen: null, version: null, waiting: null, oldestWaiting: null, clockOffsetMs: null, here: false },
    ];
  }

  add(name: string, role: Role, pin?: string): PersonView {
    const person: PersonView = { staffId: `p-${this.people.length + 1}`, name, role, pin: { set: false, waitUntil: null, locked: false }, vouches: role === 'manager', linked: false };
    this.people = [...this.people, person];
    if (pin) this.setPin(person.staffId, pin);
    this.show({ ...this.shop.status.session, knowsPeople: true, rights: [] });
    return person;
  }

  show(session: Status['session']): Status {
    this.shop.status = { ...this.shop.status, session };
    this.shop.tellStatus();
    return this.shop.status;
  }

  private get host(): string | null {
    return this.provider && new URL(this.provider.issuer).host;
  }

  useProvider(provider: ProviderView | null): ProviderView | null {
    this.provider = provider;
    if (!provider) this.people = this.people.map((one) => ({ ...one, linked: false }));
    this.show({ ...this.shop.status.session, provider: this.host });
    return provider;
  }

  private setPin(id: string, pin: string): void {
    if (!/^\d{6,}$/.test(pin)) throw this.failure('pinTooWeak');
    this.pins.set(id, pin);
    this.change(id, { pin: { set: true, waitUntil: null, locked: false } });
  }

  private change(id: string, change: Partial<PersonView>): void {
    this.people = this.people.map((one) => (one.staffId === id ? { ...one, ...change } : one));
  }

  private find(id: string): PersonView {
    const person = this.people.find((one) => one.staffId === id);
    if (!person) throw this.failure('personGone');
    return person;
  }

  private check(id: string, pin: string): PersonView {
    const person = this.find(id);
    if (!person.pin.set) throw this.failure('pinNotSet');
    if (this.pins.get(id) !== pin) throw this.failure('pinWrong', { detail: '9' });
    return person;
  }

  private begin(person: PersonView): Status {
    const { staffId, name, role } = person;
    return this.show({ knowsPeople: true, person: { staffId, name, role }, locked: false, rights: this.rights.get(role) ?? [], provider: this.host });
  }

  private table = (): RoleRights[] => [...this.rights].map(([role, rights]) => ({ role, rights }));

  private keepManager(id: string): void {
    if (!this.people.some((one) => one.role === 'manager' && one.staffId !== id)) throw this.failure('lastManager');
  }

  commands: Pick<Port['commands'], Names> = {
    people: async () => this.people,
    signIn: async (id, pin) => (this.shop.call('signIn', id), this.begin(this.check(id, pin))),
    startPerson: async (id, pin, approval) => {
      this.shop.call('startPerson', id, approval.kind);
      if (approval.kind === 'person') this.check(approval.staffId, approval.pin);
      this.setPin(id, pin);
      return this.begin(this.find(id));
    },
    changeOwnPin: async (old, pin) => {
      const id = this.shop.status.session.person?.staffId ?? '';
      this.check(id, old);
      return (this.setPin(id, pin), null);
    },
    lock: async () => (this.shop.call('lock'), this.show({ ...this.shop.status.session, locked: true })),
    signOut: async () => this.show({ ...OPEN, knowsPeople: true, rights: [], provider: this.host }),
    noteInput: async () => (this.shop.call('noteInput'), null),
    roleRights: async () => this.table(),
    setRoleRight: async (role, right, allowed) => {
      this.shop.call('setRoleRight', role, right, allowed);
      const before = (this.rights.get(role) ?? []).filter((one) => one !== right);
      this.rights.set(role, allowed ? [...before, right] : before);
      return this.table();
    },
    addPerson: async (person) => {
      this.shop.call('addPerson', person.name, person.role);
      if (person.name.trim() === '') throw this.failure('missingField', { detail: 'name' });
      const first = this.people.length === 0;
      const at = this.shop.status.session;
      const added = this.add(person.name, person.role, person.firstPin ?? undefined);
      return first ? this.begin(added) : this.show(at);
    },
    changePerson: async (id, change) => {
      if (change.role && change.role !== 'manager') this.keepManager(id);
      if (change.role) this.change(id, { role: change.role, vouches: change.role === 'manager' });
      if (change.oidcSubject === '') this.change(id, { linked: false });
      return this.people;
    },
    removePerson: async (id) => {
      this.shop.call('removePerson', id);
      this.keepManager(id);
      this.people = this.people.filter((one) => one.staffId !== id);
      return this.people;
    },
    resetPersonPin: async (id) => (this.change(id, { pin: { set: false, waitUntil: null, locked: false } }), this.people),
    signInWithProvider: async (page) => {
      this.shop.call('signInWithProvider', page.language);
      if (this.returns === null) await new Promise<void>((resolve) => (this.awaited = resolve));
      const came = this.returns;
      if (came === null) throw this.failure('providerCancelled', { retry: true });
      if (came === 'unknown') return null;
      if (typeof came === 'string') throw this.failure(came, { retry: true });
      return this.begin(this.find(came.person));
    },
    cancelProviderSignIn: async () => (this.shop.call('cancelProviderSignIn'), this.awaited?.(), null),
    linkProviderSignIn: async (id, approval, pin) => {
      this.shop.call('linkProviderSignIn', id, approval.kind);
      if (this.find(id).linked) throw this.failure('signInTaken');
      if (approval.kind === 'person') this.check(approval.staffId, approval.pin);
      if (pin) this.setPin(id, pin);
      this.change(id, { linked: true });
      return this.begin(this.find(id));
    },
    signInProvider: async () => this.provider,
    testSignInProvider: async (provider) => {
      this.shop.call('testSignInProvider', provider.issuer);
      if (!provider.issuer.startsWith('https://')) throw this.failure('providerSettings', { detail: 'issuer' });
      return { issuer: provider.issuer, offlineAccess: !provider.issuer.includes('plain') };
    },
    setSignInProvider: async (provider) => (this.shop.call('setSignInProvider', provider?.issuer), this.useProvider(provider)),
    pair: async (text) => {
      this.shop.call('pair', text);
      if (!text.startsWith('fanpoints-partner://pair?')) throw this.failure('notOurCode');
      return this.shop.status;
    },
    devices: async () => this.devices,
    inviteDevice: async (request) => {
      this.shop.call('inviteDevice', request.name, request.role);
      if (request.name.trim() === '') throw this.failure('missingField', { detail: 'name' });
      const svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 21 21'><path d='M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0zM9 9h5v5H9z'/></svg>";
      return { text: 'fanpoints-partner://pair?server=https%3A%2F%2Fplatform.fc-example.org&token=development.sample', svg, expiresAt: Date.now() + 600_000 };
    },
    revokeDevice: async (id) => {
      this.shop.call('revokeDevice', id);
      this.devices = this.devices.map((one) => (one.deviceId === id ? { ...one, revoked: true } : one));
      return this.devices;
    },
  };
}
