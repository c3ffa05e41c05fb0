/** Says what is being done, one line at a time. */
export type Progress = (line: string) => void;

/** A duration in words: "8 s", "2 min 5 s". */
export function seconds(milliseconds: number): string {
  const whole = Math.round(milliseconds / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
