import type { ScrubObserver } from '../metrics/job-metrics.ts';
import type { ScanStep } from './scan.ts';

/** Reports a step to the observer. */
export function observe(step: ScanStep, observer: ScrubObserver): void {
  if (step.is === 'read') return;
  observer.checked({ bytes: step.file.size });
  if (step.is === 'damaged') observer.rotten();
}
