// Numbers as text in the forms that Envoy's stats output uses (C's %g, shortest form, 32 significant digits).

/** `%.<precision>g`: significant digits, trailing zeros dropped, an exponent when it is below -4 or not below the precision. */
export function generalText(value: number, precision: number): string {
  if (value !== value) return "nan";
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(precision - 1).split("e")[1]);
  if (exponent < -4 || exponent >= precision) {
    const [digits, power] = value.toExponential(precision - 1).split("e") as [string, string];
    return `${withoutTrailingZeros(digits)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  return withoutTrailingZeros(value.toFixed(Math.max(0, precision - 1 - exponent)));
}

function withoutTrailingZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}

/** The shortest text that reads back as the same number, fixed or with exponent, whichever is shorter (Envoy's JSON: 300000 is 3e+05). */
export function shortestText(value: number): string {
  const [digits, power] = value.toExponential().split("e") as [string, string];
  const scientific = `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  const fixed = `${value}`;
  return fixed.includes("e") || scientific.length < fixed.length ? scientific : fixed;
}

/** 32 significant digits, i.e. the exact value of the double in practice (Envoy's Prometheus sums and bounds). */
export function exactText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}` : generalText(value, 32);
}
