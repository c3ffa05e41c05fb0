interface OnTheWorkstationProps {
  readonly title: string;
  readonly what: string;
  readonly commands: readonly (readonly [string, string])[];
}

/** What the hub has no answer to: where it is known, and how to ask there. */
export function OnTheWorkstation({ title, what, commands }: OnTheWorkstationProps) {
  return (
    <section aria-label={title} className="card">
      <h2>{title}</h2>
      <p>{what} The hub can’t show it here. On the workstation:</p>
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
