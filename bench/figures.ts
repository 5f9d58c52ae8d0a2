/** One measured thing beside another of the same run. */
export interface Ratio {
  what: string;
  ours: number;
  other: number;
  unit: "requests/s" | "ms" | "KB" | "documents";
  /** The bound to keep of ours ÷ other, or of ours alone; printed, never a reason to fail. */
  aim?: Aim;
  note?: string;
  /** Why the aim is missed, where it is. */
  shortfall?: string;
}

interface Aim {
  of: "ratio" | "ours";
  least?: number;
  most?: number;
}

export interface Section {
  title: string;
  /** What is compared, and what is fair or unfair about it. */
  text: string;
  ratios: Ratio[];
  /** More of it, as table rows with a head. */
  table?: string[][];
}

export const ratioOf = ({ ours, other }: Ratio): number => ours / other;

/** Whether a figure is within its aim; undefined without one. */
export function isMet(ratio: Ratio): boolean | undefined {
  const { aim } = ratio;
  if (!aim) return undefined;
  const value = aim.of === "ratio" ? ratioOf(ratio) : ratio.ours;
  return value >= (aim.least ?? Number.NEGATIVE_INFINITY) && value <= (aim.most ?? Infinity);
}

/** Reasons for what is missed, each once. */
export const shortfalls = (ratios: readonly Ratio[]): string[] => [
  ...new Set(
    ratios.flatMap((ratio) => (ratio.shortfall && isMet(ratio) === false ? [ratio.shortfall] : [])),
  ),
];

/** `text` for people: three digits that count, whole numbers above a hundred. */
export const shown = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
