// What a gateway was asked, in the order in which it was asked; the answer to /asked.

const KEPT = 20_000;

export class Journal {
  entries = [];

  note({ method, url, rawHeaders }, body) {
    this.entries.push({ method, url, headers: pairs(rawHeaders), body });
    if (this.entries.length > KEPT) this.entries.shift();
  }
}

function pairs(flat) {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}
