interface Fault {
  readonly code: string;
  readonly message: string;
}

/** Why a run or one of its phases failed; empty where it did not. */
export function FaultCell({ error }: { readonly error: Fault | undefined }) {
  return (
    <td>
      {error === undefined ? null : (
        <>
          <code>{error.code}</code> {error.message}
        </>
      )}
    </td>
  );
}
