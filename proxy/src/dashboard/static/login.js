// The form that asks for the admin token, and the way out.
//
// It must not keep the token: the API gives a session for it, in a cookie that no script can read. The surprise: however
// many questions find the door locked at once, there is one form, and all of them wait for it.

import { Problem, send, whenLocked } from "./api.js";
import { el, say } from "./dom.js";

let open = null;

/// Makes locked questions wait for the form.
export function guard() {
  whenLocked(logIn);
}

/// Shows the form, unless it is there already. Resolves once somebody has logged in.
export function logIn() {
  return (open ??= form().finally(() => (open = null)));
}

/// Ends the session and loads the page anew, which then shows the form.
export async function logOut() {
  await send("POST", "logout", {});
  location.reload();
}

function form() {
  return new Promise((resolve) => {
    const token = el("input", {
      id: "token", name: "token", type: "password", required: true, autocomplete: "current-password",
      "aria-describedby": "token-error",
    });
    const wrong = el("p", { id: "token-error", class: "wrong", role: "alert" });
    const dialog = el("dialog", { class: "login", "aria-labelledby": "login-title" },
      el("form", { onsubmit: (event) => submit(event) },
        el("h2", { id: "login-title" }, "Log in to overgrow"),
        el("p", {}, "This admin listener asks for its token: the value of ", el("code", {}, "admin_token"), " in routes.toml."),
        el("label", { for: "token" }, "Admin token"), token, wrong,
        el("div", { class: "actions" }, el("button", { class: "primary", type: "submit" }, "Log in"))));
    // Behind the form is nothing to go back to.
    dialog.addEventListener("cancel", (event) => event.preventDefault());

    async function submit(event) {
      event.preventDefault();
      try {
        await send("POST", "login", { token: token.value });
        dialog.close();
        dialog.remove();
        resolve();
      } catch (error) {
        say(wrong, reason(error));
        token.select();
      }
    }

    document.body.append(dialog);
    dialog.showModal();
    token.focus();
  });
}

function reason(error) {
  return error instanceof Problem && error.status === 401 ? "That is not the token." : error.message;
}
