// The table's columns: their names, and by what each sorts.
//
// It must not know elements. The surprise: the first click sorts by what is most worth seeing, which is the most for
// numbers and the beginning of the alphabet for names.

import { gateWord, pilotWord } from "./words.js";

const GATES = ["promote", "hold", "roll back"];
const either = (row, name) => Math.max(row.now?.rust?.[name] ?? -1, row.now?.legacy?.[name] ?? -1);

/// In the order of the table. `first` is the direction of the first click.
export const COLUMNS = [
  { key: "route", name: "Route", of: (row) => row.id, first: "ascending" },
  { key: "dial", name: "Dial", of: (row) => row.rust },
  { key: "rps", name: "Requests/s", of: (row) => (row.now?.rust?.rps ?? 0) + (row.now?.legacy?.rps ?? 0) },
  { key: "p50", name: "p50", of: (row) => either(row, "p50") },
  { key: "p99", name: "p99", of: (row) => either(row, "p99") },
  { key: "errors", name: "5xx", of: (row) => either(row, "errors") },
  { key: "parity", name: "Differs", of: (row) => (row.parity?.compared > 0 ? row.parity.bound : -1) },
  { key: "gate", name: "Gate", of: (row) => GATES.indexOf(gateWord(row).word) },
  { key: "pilot", name: "Pilot", of: (row) => pilotWord(row.pilot).word, first: "descending" },
];

/// A comparison of two rows; rows that are equal in it keep the order of the file.
export function order({ key, direction }) {
  const { of } = COLUMNS.find((column) => column.key === key);
  const sign = direction === "ascending" ? 1 : -1;
  return (one, other) => {
    const [a, b] = [of(one), of(other)];
    return sign * (typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b);
  };
}
