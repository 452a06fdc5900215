// sharp, told line by line what to do; answers with milliseconds, measured here so that the pipe is nobody's cost.
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import sharp from "sharp";

sharp.cache(false);
sharp.concurrency(1);

const inside = (side) => ({ width: side, height: side, fit: "inside", withoutEnlargement: true });
const open = (input, side) => sharp(input, { failOnError: false }).rotate().resize(inside(side));
const encoders = {
  jpeg: (image, quality) => image.jpeg({ quality, mozjpeg: true }),
  png: (image, compressionLevel) => image.png({ compressionLevel }),
  webp: (image, quality) => image.webp({ quality }),
};
const convert = (input, { side, format, setting }) => encoders[format](open(input, side), setting).toBuffer();

// As the gateway goes down its ladder: every rung from the encoded bytes.
async function reduce(input, { cap }) {
  let smallest;
  for (const side of [2048, 1536, 1280, 1024, 800]) {
    for (const setting of [80, 70, 60, 50, 40]) {
      const out = await convert(input, { side, format: "jpeg", setting });
      if (out.length <= cap) return out;
      if (!smallest || out.length < smallest.length) smallest = out;
    }
  }
  return smallest;
}

const perform = (input, task) => (task.cap ? reduce(input, task) : convert(input, task));

for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  const input = await readFile(task.input);
  const began = performance.now();
  const outs = await Promise.all(Array.from({ length: task.copies }, () => perform(input, task)));
  const ms = performance.now() - began;
  await writeFile(task.output, outs[0]);
  console.log(JSON.stringify({ ms }));
}
