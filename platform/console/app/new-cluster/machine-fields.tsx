import { useId } from 'react';
import type { Account, Gateway } from '../../../client/kinds.ts';
import { SelectField, TextField } from '../parts/field.tsx';
import { type MachineForm, PLACEMENT_KEYS, type PoolForm } from './machine-form.ts';

interface MachineFieldsProps {
  readonly form: MachineForm;
  readonly onForm: (form: MachineForm) => void;
  readonly accounts: readonly Account[];
  /** Of the account that was chosen. */
  readonly gateway: Gateway | undefined;
  readonly problemAt: (path: string) => string | undefined;
}

/** Which machines a cluster is made of, and where. */
export function MachineFields({ form, onForm, accounts, gateway, problemAt }: MachineFieldsProps) {
  const placement = useId();
  const set = (field: keyof MachineForm) => (value: string) => onForm({ ...form, [field]: value });
  const setPool = (index: number, fields: Partial<PoolForm>) =>
    onForm({ ...form, pools: form.pools.map((pool, at) => (at === index ? { ...pool, ...fields } : pool)) });
  const account = accounts.find(({ name }) => name === form.account);
  const sizes = gateway?.spec.nodes?.sizes ?? [];
  const pools = gateway?.spec.pools ?? [];
  const poolChoices = pools.map(({ name }) => ({ value: name, label: name }));
  const keys = PLACEMENT_KEYS[account?.spec.type ?? ''] ?? [];
  const field = (path: string) => problemAt(`spec.provision.${path}`);
  return (
    <>
      <h2>Machines</h2>
      <div className="columns">
        <SelectField
          label="Cloud account"
          value={form.account}
          onValue={set('account')}
          problem={field('account')}
          choices={[
            { value: '', label: 'choose an account' },
            ...accounts.map(({ name, spec }) => ({ value: name, label: `${name} (${spec.type})` })),
          ]}
        />
        <TextField
          label="Kubernetes"
          value={form.kubernetes}
          onValue={set('kubernetes')}
          placeholder="1.34"
          required
          problem={field('kubernetes')}
        />
        <Size
          label="Size"
          value={form.size}
          onValue={set('size')}
          sizes={sizes}
          problem={field('controlPlane.size')}
        />
        <TextField
          label="Machines of the control plane"
          type="number"
          min={1}
          max={9}
          step={2}
          value={form.controlPlanes}
          onValue={set('controlPlanes')}
          hint="An odd number."
          problem={field('controlPlane.replicas')}
        />
      </div>
      {form.pools.map((pool, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a pool may have no name yet.
        <fieldset key={index}>
          <legend>Pool {index + 1}</legend>
          <div className="columns">
            <TextField
              label="Name of the pool"
              value={pool.name}
              onValue={(name) => setPool(index, { name })}
              problem={field(`pools[${index}].name`)}
            />
            <TextField
              label="Machines of the pool"
              type="number"
              min={0}
              max={1000}
              value={pool.replicas}
              onValue={(replicas) => setPool(index, { replicas })}
              problem={field(`pools[${index}].replicas`)}
            />
            <Size
              label="Size in the pool"
              value={pool.size}
              onValue={(size) => setPool(index, { size })}
              sizes={sizes}
              problem={field(`pools[${index}].size`)}
            />
          </div>
          <button
            type="button"
            onClick={() => onForm({ ...form, pools: form.pools.filter((_, at) => at !== index) })}
          >
            Without this pool
          </button>
        </fieldset>
      ))}
      <button
        type="button"
        onClick={() => onForm({ ...form, pools: [...form.pools, { name: '', replicas: '1', size: '' }] })}
      >
        Add a pool
      </button>
      <h2>Place</h2>
      <div className="columns">
        <div className="field">
          <label htmlFor={placement}>Placement</label>
          <textarea
            id={placement}
            rows={Math.max(3, keys.length)}
            value={form.placement}
            spellCheck={false}
            aria-describedby={`${placement}-hint`}
            placeholder={keys.map((key) => `${key}=`).join('\n')}
            onChange={({ target }) => set('placement')(target.value)}
          />
          <span className="hint" id={`${placement}-hint`}>
            KEY=VALUE, a line each
            {keys.length === 0 ? '' : `; ${account?.spec.type} knows ${keys.join(', ')}`}.
          </span>
          {field('placement') === undefined ? null : (
            <span className="field-problem">{field('placement')}</span>
          )}
        </div>
        <TextField
          label="Address of the API server"
          value={form.endpointHost}
          onValue={set('endpointHost')}
          hint="Or one of a pool:"
          problem={field('endpoint') ?? field('endpoint.host')}
        />
        <SelectField
          label="Pool for the address of the API server"
          value={form.endpointPool}
          onValue={set('endpointPool')}
          choices={[{ value: '', label: 'none' }, ...poolChoices]}
          problem={field('endpoint.pool')}
        />
        <SelectField
          label="Addresses of machines"
          value={form.addresses}
          onValue={set('addresses')}
          choices={[{ value: '', label: 'by DHCP' }, ...poolChoices]}
          problem={field('addresses')}
        />
        <SelectField
          label="When the cluster is deleted, its machines"
          value={form.deletion}
          onValue={set('deletion')}
          choices={[
            { value: 'delete', label: 'go' },
            { value: 'orphan', label: 'stay' },
            { value: 'protect', label: 'keep it from being deleted' },
          ]}
        />
      </div>
    </>
  );
}

interface SizeProps {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly sizes: readonly { readonly name: string; readonly cpus: number; readonly memoryMiB: number }[];
  readonly problem: string | undefined;
}

/** One of the gateway's sizes, or a name that only the cloud knows. */
function Size({ label, value, onValue, sizes, problem }: SizeProps) {
  const list = useId();
  return (
    <>
      <TextField
        label={label}
        value={value}
        onValue={onValue}
        list={list}
        problem={problem}
        hint="A size of the gateway, or a flavour of the cloud."
      />
      <datalist id={list}>
        {sizes.map(({ name, cpus, memoryMiB }) => (
          <option key={name} value={name}>
            {cpus} CPUs, {memoryMiB} MiB
          </option>
        ))}
      </datalist>
    </>
  );
}
