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
};

for await (const line of createInterface({ input: process.stdin })) {
  const [question, ...parts] = line.split(" ");
  const answer = questions[question](...parts.map((part) => Buffer.from(part, "hex")));
  process.stdout.write(Buffer.from(answer, "utf16le").toString("hex") + "\n");
}
