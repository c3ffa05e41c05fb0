/** A disturbance of an upgrade, or of a rollback. */
export type Fault =
  /** `kill -9` of the installer alone: what it started goes on. */
  | { readonly kind: 'kill-installer' }
  /** The installer's machine sleeps while another goes on, and wakes up again. */
  | { readonly kind: 'suspend-installer' }
  /** The pods of a component are deleted without grace. */
  | { readonly kind: 'delete-pods'; readonly of: 'registry' | 'every' }
  /** Done by a command that comes with the scratch cluster, and mended by it. */
  | { readonly kind: 'node'; readonly action: NodeAction; readonly mend?: NodeAction | undefined }
  /** Bytes of the bundle are turned while it is read. */
  | { readonly kind: 'damage-stick' }
  /** Bytes of blobs in the registry's volume are turned. */
  | { readonly kind: 'damage-registry' }
  | { readonly kind: 'expire-certificates' }
  /** The workstation's clock is wrong by so many years. */
  | { readonly kind: 'clock'; readonly years: number };

export type NodeAction =
  | 'kill-apiserver'
  | 'kill-runtime'
  | 'restart-node'
  | 'cut-network'
  | 'mend-network'
  | 'clock-ahead'
  | 'clock-back'
  | 'mend-clock';

/** When the disturbance comes. */
export type Moment =
  /** Each time the journal of an undisturbed run was seen to change, one scenario. */
  | { readonly at: 'every-boundary' }
  /** The first boundary whose name fits. */
  | { readonly at: 'boundary'; readonly like: RegExp }
  | { readonly at: 'start' }
  /** So far into an undisturbed run, from 0 to 1. */
  | { readonly at: 'share'; readonly share: number };

export interface Scenario {
  readonly id: string;
  /** For people: what goes wrong. */
  readonly what: string;
  /** What is disturbed. */
  readonly run: 'upgrade' | 'rollback';
  readonly when: Moment;
  readonly fault: Fault;
  /** Where it must end; `either` is exactly one of the two. */
  readonly expected: 'old' | 'new' | 'either';
}

const kill = { kind: 'kill-installer' } as const;
const staging = /^forward stage running/;
const component = /^forward component-\S+ running/;

const NODE_WORDS = {
  'kill-apiserver': 'the API server is killed',
  'kill-runtime': 'the node’s container runtime is killed',
  'restart-node': 'the node is restarted',
} as const;

/** The drill. Each ends in exactly one of the two releases, all healthy, or the drill has failed. */
export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'kill-installer',
    what: 'the installer is killed, another workstation goes on',
    run: 'upgrade',
    when: { at: 'every-boundary' },
    fault: kill,
    expected: 'either',
  },
  {
    id: 'kill-rollback',
    what: 'the installer is killed on the way back, another workstation goes on',
    run: 'rollback',
    when: { at: 'every-boundary' },
    fault: kill,
    expected: 'either',
  },
  {
    id: 'suspend-installer',
    what: 'the installer’s machine sleeps, another workstation takes over, the first wakes up',
    run: 'upgrade',
    when: { at: 'boundary', like: component },
    fault: { kind: 'suspend-installer' },
    expected: 'either',
  },
  {
    id: 'registry-pod',
    what: 'the registry’s pod is killed while content comes',
    run: 'upgrade',
    when: { at: 'boundary', like: staging },
    fault: { kind: 'delete-pods', of: 'registry' },
    expected: 'either',
  },
  {
    id: 'registry-pod-late',
    what: 'the registry’s pod is killed while a component is upgraded',
    run: 'upgrade',
    when: { at: 'boundary', like: component },
    fault: { kind: 'delete-pods', of: 'registry' },
    expected: 'either',
  },
  {
    id: 'every-pod',
    what: 'every pod of the platform is killed while a component is upgraded',
    run: 'upgrade',
    when: { at: 'boundary', like: component },
    fault: { kind: 'delete-pods', of: 'every' },
    expected: 'either',
  },
  ...(['kill-apiserver', 'kill-runtime', 'restart-node'] as const).flatMap((action): Scenario[] =>
    (['upgrade', 'rollback'] as const).map((run) => ({
      id: run === 'upgrade' ? action : `${action}-back`,
      what: `${NODE_WORDS[action]}${run === 'upgrade' ? '' : ' on the way back'}`,
      run,
      when: { at: 'boundary', like: run === 'upgrade' ? component : /^back component-/ },
      fault: { kind: 'node', action },
      expected: 'either',
    })),
  ),
  {
    id: 'cut-network',
    what: 'the network between workstation and nodes is cut while content comes',
    run: 'upgrade',
    when: { at: 'boundary', like: staging },
    fault: { kind: 'node', action: 'cut-network', mend: 'mend-network' },
    expected: 'either',
  },
  {
    id: 'cut-network-late',
    what: 'the network between workstation and nodes is cut while a component is upgraded',
    run: 'upgrade',
    when: { at: 'boundary', like: component },
    fault: { kind: 'node', action: 'cut-network', mend: 'mend-network' },
    expected: 'either',
  },
  {
    id: 'damaged-stick',
    what: 'the stick is damaged before it is used',
    run: 'upgrade',
    when: { at: 'start' },
    fault: { kind: 'damage-stick' },
    expected: 'old',
  },
  {
    id: 'damaged-stick-late',
    what: 'the stick goes bad while content comes from it',
    run: 'upgrade',
    when: { at: 'boundary', like: staging },
    fault: { kind: 'damage-stick' },
    expected: 'either',
  },
  {
    id: 'damaged-registry',
    what: 'blocks in the registry’s volume go bad while a component is upgraded',
    run: 'upgrade',
    when: { at: 'boundary', like: component },
    fault: { kind: 'damage-registry' },
    expected: 'either',
  },
  {
    id: 'expired-certificates',
    what: 'certificates that the platform made have expired',
    run: 'upgrade',
    when: { at: 'start' },
    fault: { kind: 'expire-certificates' },
    expected: 'either',
  },
  ...[-10, 10].map(
    (years): Scenario => ({
      id: years < 0 ? 'clock-back' : 'clock-ahead',
      what: `the workstation’s clock is ${Math.abs(years)} years ${years < 0 ? 'behind' : 'ahead'}`,
      run: 'upgrade',
      when: { at: 'start' },
      fault: { kind: 'clock', years },
      expected: 'either',
    }),
  ),
];

/** What is killed at each moment of the journal where a drill is to be thorough; the installer always is. */
const KILLS: readonly Pick<Scenario, 'id' | 'what' | 'fault'>[] = [
  {
    id: 'kill-apiserver',
    what: NODE_WORDS['kill-apiserver'],
    fault: { kind: 'node', action: 'kill-apiserver' },
  },
  {
    id: 'registry-pod',
    what: 'the registry’s pod is killed',
    fault: { kind: 'delete-pods', of: 'registry' },
  },
  {
    id: 'kill-runtime',
    what: NODE_WORDS['kill-runtime'],
    fault: { kind: 'node', action: 'kill-runtime' },
  },
];

/** Further scenarios for somebody with hours. */
export const THOROUGH: readonly Scenario[] = KILLS.map(({ id, what, fault }) => ({
  id: `${id}-each`,
  ...{ what, fault, run: 'upgrade', when: { at: 'every-boundary' }, expected: 'either' },
}));

/**
 * Scenarios that kill something at moments of an undisturbed run, the same ones for the same seed: the installer, the API
 * server, the registry’s pod and the node’s runtime in turn, each fourth time around on the way back.
 */
export function randomKills(count: number, seed: number): Scenario[] {
  const installer = { what: 'the installer is killed', fault: kill };
  const faults = [installer, ...KILLS];
  let state = seed >>> 0;
  // The linear congruence of Numerical Recipes.
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, (_, index): Scenario => {
    const share = next();
    const { what, fault } = faults[index % faults.length] ?? installer;
    const run = Math.floor(index / faults.length) % 4 === 3 ? 'rollback' : 'upgrade';
    return {
      id: `random-${index + 1}`,
      what: `${what} ${Math.round(share * 100)} % into the ${run}`,
      run,
      when: { at: 'share', share },
      fault,
      expected: 'either',
    };
  });
}
