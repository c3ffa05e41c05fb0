import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Dialog } from './dialog.tsx';
import { ProblemNote } from './problem-note.tsx';

interface ActionButtonProps {
  readonly label: string;
  /** What the dialog asks. */
  readonly title: string;
  /** What will happen. */
  readonly children: ReactNode;
  /** Does it. */
  readonly act: () => Promise<unknown>;
  readonly onDone?: (() => void) | undefined;
  readonly isDangerous?: boolean;
  /** Something is missing yet. */
  readonly isDisabled?: boolean;
}

/** A button for what should not happen by a slip: it says what it will do, and does it at the second press. */
export function ActionButton({
  label,
  title,
  children,
  act,
  onDone,
  isDangerous = false,
  isDisabled = false,
}: ActionButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const done = useMutation({
    mutationFn: act,
    onSuccess: () => {
      setOpen(false);
      onDone?.();
    },
  });
  const open = () => {
    done.reset();
    setOpen(true);
  };
  return (
    <>
      <button type="button" className={isDangerous ? 'dangerous' : undefined} onClick={open}>
        {label}
      </button>
      <Dialog title={title} isOpen={isOpen} onClose={() => setOpen(false)} isAlert={isDangerous}>
        {children}
        <ProblemNote error={done.error} />
        <div className="dialog-actions">
          <button type="button" onClick={() => setOpen(false)}>
            Cancel
          </button>
          <button
            type="button"
            className={isDangerous ? 'dangerous' : 'primary'}
            disabled={isDisabled || done.isPending}
            onClick={() => done.mutate()}
          >
            {done.isPending ? 'Working…' : label}
          </button>
        </div>
      </Dialog>
    </>
  );
}
