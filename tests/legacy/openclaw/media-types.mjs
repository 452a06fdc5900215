// Makes files of many kinds, whole and broken, and says of what type the legacy's own package takes each for.
// usage: node media-types.mjs SEED COUNT    in the folder where openclaw is installed; prints lines of HEX TYPE, - for unknown
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import zlib from "node:zlib";

const [seed, count] = process.argv.slice(2).map(Number);
const folder = path.resolve("node_modules/file-type");
const { fileTypeFromBuffer } = await import(pathToFileURL(path.join(folder, "index.js")).href);

// Mulberry32: the same files for the same seed.
let state = seed;
function below(limit) {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
}
const pick = (list) => list[below(list.length)];
const latin = (text) => Buffer.from(text, "latin1");
const filler = [
  (length) => Buffer.alloc(length),
  (length) => Buffer.from(Array.from({ length }, () => below(256))),
  (length) => Buffer.from(Array.from({ length }, () => (below(8) ? 0 : below(256)))),
];
const fill = (length) => pick(filler)(length);

// The package's own signatures: [place, bytes], read from its source.
function signatures() {
  const source = fs.readFileSync(path.join(folder, "core.js"), "utf8");
  const bytes = [...source.matchAll(/check\(\[([^\]]+)\](?:, \{offset: (\d+))?/g)];
  const texts = [...source.matchAll(/checkString\('((?:[^'\\]|\\.)+)'(?:, \{offset: (\d+))?/g)];
  const found = bytes.map(([, list, at]) => [Number(at ?? 0), Buffer.from(list.split(",").map(Number))]);
  for (const [, escaped, at] of texts) {
    const text = escaped.replaceAll("\\\\", "\\").replaceAll("\\0", "\0").replaceAll("\\r", "\r").replaceAll("\\n", "\n");
    found.push([Number(at ?? 0), latin(text)]);
    if (Number(at) === 2) found.push([2, Buffer.from(text, "utf16le")], [2, Buffer.from(text, "utf16le").swap16()]);
  }
  return found;
}
const SIGNATURES = signatures();

function put(buffer, at, bytes) {
  const missing = at + bytes.length - buffer.length;
  const whole = missing > 0 && below(4) ? Buffer.concat([buffer, Buffer.alloc(missing)]) : buffer;
  bytes.copy(whole, Math.min(at, whole.length));
  return whole;
}

function signed() {
  const buffer = put(fill(pick([0, 1, 2, 4, 8, 12, 20, 31, 40, 100, 260, 300, 513, 700])), ...pick(SIGNATURES));
  return below(2) ? buffer : put(buffer, ...pick(SIGNATURES));
}

function branded() {
  const brands = "avif avis mif1 msf1 heic heix hevc hevx M4VH 3gp4 3g2a isom mp42 F4P".split(" ");
  return put(fill(40), 4, latin("ftyp" + pick([...brands, "qt  ", "qt\0\0", " qt ", "\0qt ", "M4V ", "M4P ", "M4B ", "M4A ", "F4V ", "F4A ", "F4B ", "crx "])));
}

function png() {
  const chunks = Array.from({ length: below(5) }, (_, index) => {
    const type = index === 0 && below(4) ? "IHDR" : pick(["IHDR", "IDAT", "acTL", "tEXt", "CgBI"]);
    const length = type === "IHDR" && below(8) ? 13 : below(30);
    const head = Buffer.alloc(8);
    head.writeInt32BE(below(20) ? length : pick([-1, 1e6]));
    head.write(type, 4, "latin1");
    return Buffer.concat([head, Buffer.alloc(below(10) ? length + 4 : below(length + 4))]);
  });
  return Buffer.concat([latin("\x89PNG\r\n\x1a\n"), ...chunks]);
}

function ebml() {
  const others = Array.from({ length: below(5) }, () => {
    const length = below(6);
    return Buffer.from([0x42, 0x80 + below(10), below(3) ? 0x80 | length : length, ...Array(length).fill(below(256))]);
  });
  const name = latin(pick(["webm", "matroska", "webm\0\0", "other", ""]));
  const body = Buffer.concat([...others, Buffer.from([0x42, 0x82, 0x80 | (below(5) ? name.length : below(80))]), name]);
  return Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3, below(5) ? 0x80 | (body.length & 0x7f) : below(256)]), body]);
}

function tiff() {
  const big = below(2);
  const buffer = fill(pick([8, 12, 20, 60, 200, 7000]));
  const short = (value, at) => at + 2 <= buffer.length && buffer[big ? "writeUInt16BE" : "writeUInt16LE"](value, at);
  const directory = pick([5, 6, 8, 8, 8, 10, 16, 100, 1e6]);
  const tags = pick([0, 1, 2, 5, 600]);
  buffer.write(big ? "MM" : "II", 0, "latin1");
  short(pick([42, 42, 42, 43, 44]), 2);
  buffer[big ? "writeUInt32BE" : "writeUInt32LE"](directory, 4);
  if (!below(3)) short(pick([0x1c, 0x1f]), 8), short(pick([0xfe, 0x0b]), 10);
  short(tags, directory);
  for (let tag = 0; tag < tags; tag++) short(pick([256, 257, 50341, 50706, 1]), directory + 2 + 12 * tag);
  if (!below(6) && buffer.length > 10) buffer.write("CR", 8);
  return buffer;
}

const office = (type) => `<Types><Override ContentType="${type}.main+xml"/></Types>`;
const CONTENTS = {
  mimetype: ["application/epub+zip", " application/vnd.oasis.opendocument.text\n", "text/x", "Application/EPUB+zip"],
  "[Content_Types].xml": [
    office("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    office("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    office("application/vnd.ms-excel.sheet.macroEnabled"),
    '<x ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>',
    "junk",
    '.main+xml"',
  ],
};
const NAMES = ["a.txt", "word/document.xml", "META-INF/MANIFEST.MF", "META-INF/mozilla.rsa", "classes.dex", "xclasses12.dexy", ...Object.keys(CONTENTS)];

function entry() {
  const name = pick(NAMES);
  const content = latin(pick(CONTENTS[name] ?? ["xx".repeat(below(40))]));
  const method = pick([0, 8, 8, 8, 1]);
  const data = method === 8 ? zlib.deflateRawSync(content) : content;
  const described = below(3) === 0;
  const unknown = described && below(4);
  const extra = below(3) ? 0 : below(9);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50);
  head.writeUInt16LE(described ? 8 : 0, 6);
  head.writeUInt16LE(method, 8);
  head.writeUInt32LE(unknown ? 0 : below(12) ? data.length : pick([data.length + 3, 2e6, 5]), 18);
  head.writeUInt32LE(unknown ? 0 : below(12) ? content.length : 2e6, 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(extra, 28);
  const descriptor = Buffer.alloc(described && below(10) ? 16 : 0);
  if (descriptor.length) descriptor.writeUInt32LE(0x08074b50), descriptor.writeUInt32LE(data.length, 8);
  return Buffer.concat([head, latin(name), Buffer.alloc(extra), data, descriptor]);
}

function zip() {
  const entries = Array.from({ length: 1 + below(4) }, entry);
  const whole = Buffer.concat([...entries, pick([Buffer.alloc(0), latin("PK\x01\x02"), fill(20)])]);
  return below(5) ? whole : whole.subarray(0, below(whole.length));
}

function asf() {
  const guid = (hex) => Buffer.from(hex, "hex");
  const objects = Array.from({ length: below(4) }, () => {
    const head = Buffer.alloc(24);
    const isStream = below(2);
    if (isStream) guid("9107dcb7b7a9cf118ee600c00c205365").copy(head);
    const length = below(40);
    head.writeBigUInt64LE(BigInt(below(8) ? 24 + length : pick([3, 0, 1e9])), 16);
    const kind = guid(pick(["409e69f84d5bcf11a8fd00805f5c442b", "c0ef19bc4d5bcf11a8fd00805f5c442b"]));
    return Buffer.concat([head, isStream && below(3) ? kind : Buffer.alloc(length)]);
  });
  return Buffer.concat([guid("3026b2758e66cf11a6d9"), Buffer.alloc(20), ...objects]);
}

function tar() {
  const head = fill(pick([263, 512, 600]));
  if (head.length < 512 || !below(3)) return head;
  head.fill(0, 257, 263);
  const sum = head.reduce((total, byte, at) => total + (at < 512 && (at < 148 || at >= 156) ? byte : 0), 256);
  head.write(sum.toString(8).padStart(6, pick(["0", " "])) + "\0 ", 148, "latin1");
  return head;
}

function asar() {
  const value = pick([{ files: {} }, { files: 0 }, {}, null, { files: "x" }, { files: [1] }]);
  const json = latin(JSON.stringify(value).padEnd(pick([0, 20, 230, 260])));
  const head = Buffer.alloc(16, 0);
  head[0] = 4;
  head.writeUInt32LE(json.length, 12);
  return Buffer.concat([head, json]);
}

function wrapped() {
  const inner = put(fill(40), ...pick(SIGNATURES.filter(([at, bytes]) => at + bytes.length < 40)));
  const length = below(20);
  const tag = Buffer.concat([latin("ID3\x04\0\0\0\0"), Buffer.from([below(9) ? 0 : 1, length]), Buffer.alloc(length)]);
  return Buffer.concat([pick([tag, Buffer.from([0xef, 0xbb, 0xbf])]), inner]);
}

function other() {
  const codec = pick(["OpusHead", "\x80theora ", "\x01video\0 ", "\x7fFLAC   ", "Speex   ", "\x01vorbis ", "xxxxxxxx", "Opus"]);
  const jpeg = "\0\0\0\x0cjP  \r\n\x87\n" + "\0".repeat(8) + pick(["jp2 ", "jpx ", "jpm ", "mjp2", "zzzz", "jp"]);
  const archive = pick(["!<arch>\ndebian-binary   ", "!<arch>\nfoo/            ", "!<arch>\nfo"]);
  const text = pick(["AC1032xx", "AC1060", "AC 1e3", "AC+1e3x", "WEBVTT\n", "WEBVTTx", "WEBVTT"]);
  return latin(pick(["OggS" + "\0".repeat(24) + codec, jpeg, archive, text]));
}

const makers = [signed, signed, signed, signed, signed, signed, signed, branded, png, ebml, tiff, zip, zip, asf, tar, asar, wrapped, other];
const lines = [];
for (let made = 0; made < count; made++) {
  const buffer = pick(makers)();
  // What the package throws, the legacy takes for unknown.
  const type = await fileTypeFromBuffer(buffer).catch(() => undefined);
  lines.push(`${buffer.toString("hex")} ${type?.mime ?? "-"}`);
}
process.stdout.write(lines.join("\n"));
