// A plugin in JavaScript: a tool of the world `tool-plugin` of wit/0.1, with an ordinary npm program's means and no others.
import { write } from "overgrow:plugin/log@0.1.0";
import { now, random } from "overgrow:plugin/env@0.1.0";

export const lifecycle = {
  describe: () => ({ id: "shout", name: "Shout", version: "0.1.0", description: "Says it louder." }),
  checkConfig: () => [],
};

export const tool = {
  definitions: () => [
    {
      name: "shout",
      label: "Shout",
      description: "Says it louder.",
      parameters: JSON.stringify({ type: "object", properties: { text: { type: "string" } }, required: ["text"] }),
      effect: false,
    },
  ],
  invoke: (_context, call) => {
    const { text } = JSON.parse(call.arguments);
    if (typeof text !== "string") throw { code: "bad-arguments", message: "text must be a string", retry: { tag: "never" } };
    write("info", "shouting", [["length", String(text.length)]]);
    // The host's clock and dice: those of the JavaScript engine stand still in an instance that was frozen at build time.
    const details = JSON.stringify({ at: Number(now()), dice: Array.from(random(4)) });
    return { content: [{ tag: "text", val: text.toUpperCase() + "!" }], details, isError: false };
  },
};
