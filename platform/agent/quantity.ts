const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Whether two texts or numbers are the same quantity (apimachinery, resource.Quantity): `1000m` and `1`. */
export function isSameQuantity(a: unknown, b: unknown): boolean {
  const [one, other] = [amountOf(a), amountOf(b)];
  if (one === undefined || other === undefined) return false;
  return Math.abs(one - other) <= Math.max(Math.abs(one), Math.abs(other)) * 1e-12;
}

/** The number that a quantity stands for (kubernetes.io/docs, "Quantity"); undefined for what is none. */
export function amountOf(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(String(value));
  if (match === null) return undefined;
  const [, digits = '', exponent = '', suffix = ''] = match;
  const amount = Number(digits + exponent) * (SUFFIXES[suffix] ?? 1);
  return Number.isFinite(amount) ? amount : undefined;
}
