// Makes components of the JavaScript here: hello.wasm, an ordinary wasi:http service, and shout.wasm, a plugin.
// usage: node build.mjs REPOSITORY   (its wit/ has the contract, its lock file the interfaces of WASI)
import { componentize } from "@bytecodealliance/componentize-js";
import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const repository = resolve(process.argv[2] ?? here("../.."));

// The engine of Firefox with its `fetch` events; `jco componentize` runs the same.
async function hello() {
  const wit = await mkdtemp(join(tmpdir(), "wasi-"));
  try {
    await wasi(wit);
    const source = await readFile(here("hello.js"), "utf8");
    const { component } = await componentize(source, { witPath: wit, worldName: "hello" });
    await writeFile(here("hello.wasm"), component);
  } finally {
    await rm(wit, { recursive: true });
  }
}

// WASI's interfaces as the host has them, in the version that this JavaScript engine was built with. A host serves
// every earlier 0.2 as well.
async function wasi(folder) {
  const engine = "0.2.10";
  await cp(join(crate("wasmtime-wasi-http"), "wit/deps"), join(folder, "deps"), { recursive: true });
  for (const name of await readdir(join(folder, "deps"))) {
    const file = join(folder, "deps", name);
    const text = await readFile(file, "utf8");
    const [, version] = text.match(/^package wasi:.*@(.*);/m);
    await writeFile(file, text.replaceAll(version, engine));
  }
  await writeFile(join(folder, "world.wit"), `package example:hello;\nworld hello { include wasi:http/proxy@${engine}; }\n`);
}

// Where cargo keeps the source of a crate that the lock file names.
function crate(name) {
  const words = ["metadata", "--locked", "--format-version", "1"];
  const told = execFileSync("cargo", words, { cwd: repository, maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
  const { packages } = JSON.parse(told);
  return dirname(packages.find((found) => found.name === name).manifest_path);
}

// QuickJS: an eighth of the size, and a second to build.
function shout() {
  const words = ["--wit", join(repository, "wit/0.1"), "--world", "tool-plugin", "--sync"];
  const files = ["--js", here("shout.js"), "--output", here("shout.wasm")];
  execFileSync(here("node_modules/.bin/componentize-qjs"), [...words, ...files]);
}

await hello();
shout();
