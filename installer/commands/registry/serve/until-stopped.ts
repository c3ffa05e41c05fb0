/** Resolves when the process is told to stop. */
export async function untilStopped(): Promise<void> {
  await new Promise<void>((resolve) => {
    // Who is impatient ends it at once with a second interrupt; a second SIGTERM is only what some supervisors do.
    process.once('SIGINT', resolve);
    process.on('SIGTERM', resolve);
  });
}
