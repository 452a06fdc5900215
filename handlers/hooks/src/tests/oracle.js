// Answers, line by line, what JavaScript itself makes of a text: a word that names the question, then its parts in
// hexadecimal digits of UTF-8; back comes the answer in hexadecimal digits of UTF-16.
import { createInterface } from "node:readline";

const questions = {
  // The value printed again, or the error.
  json(body) {
    try {
      return "value " + JSON.stringify(JSON.parse(body.toString("utf-8").trim()));
    } catch (error) {
      return String(error);
    }
  },

  // A template filled in from a payload and the request of the tests: places by regular expression, values by walking
  // real objects.
  template(template, payload) {
    const url = new URL("http://h/hooks/some/hook?q=zz&a.b=1&q=last&1=i&__proto__=p");
    const roots = {
      headers: { "x-demo": "dd, ee" },
      query: Object.fromEntries(url.searchParams),
      payload: JSON.parse(payload.toString()),
    };
    const walk = (value, path) => {
      if (path === "") return undefined;
      for (const [, name, , index] of path.matchAll(/([^.[\]]+)|(\[(\d+)\])/g)) {
        if (value === null || typeof value !== "object") return undefined;
        if (name === undefined && !Array.isArray(value)) return undefined;
        value = value[name ?? Number(index)];
      }
      return value;
    };
    const find = (expression) => {
      if (expression === "path") return "some/hook";
      const [, root, path] = /^(headers|query|payload)\.([^]*)$/.exec(expression) ?? [null, "payload", expression];
      return walk(roots[root], path);
    };
    const print = (value) => {
      if (value === null || value === undefined) return "";
      return typeof value === "object" || typeof value === "function" ? JSON.stringify(value) : String(value);
    };
    return template.toString().replace(/\{\{\s*([^}]+)\s*\}\}/g, (_, expression) => print(find(expression.trim())));
  },

  // What a request target says to who serves hooks under a base: the hook and the query, or nothing.
  address(target, base) {
    try {
      const { pathname, searchParams } = new URL(target.toString(), "http://localhost");
      const parts = (path) => path.split("/");
      const under = parts(base.toString()).every((part, place) => part === parts(pathname)[place]);
      if (!under) return "none";
      const hook = pathname.substring(base.length).replace(/^\/+/, "");
      return JSON.stringify([hook, searchParams.get("token"), [...searchParams]]);
    } catch {
      return "none";
    }
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [question, ...parts] = line.split(" ");
  const answer = questions[question](...parts.map((part) => Buffer.from(part, "hex")));
  process.stdout.write(Buffer.from(answer, "utf16le").toString("hex") + "\n");
}
