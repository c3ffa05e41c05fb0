interface OnTheWorkstationProps {
  readonly title: string;
  readonly what: string;
  readonly commands: readonly (readonly [string, string])[];
}

/** What is not the hub's to do: the commands for it. */
export function OnTheWorkstation({ title, what, commands }: OnTheWorkstationProps) {
  return (
    <section aria-label={title} className="card">
      <h2>{title}</h2>
      <p>{what} On the workstation:</p>
      <dl className="facts">
        {commands.map(([command, says]) => (
          <div key={command} className="command">
            <dt>
              <code>{command}</code>
            </dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
