// Buttons that ask the browser for a passkey and send it with their form. Without it: the other ways to sign in.
(() => {
  "use strict";
  const library = document.currentScript.dataset.library;
  const FAILED = "The browser gave us no passkey. Try again, or use another way.";

  // Fetched once a button is near to being used: most people sign in another way.
  let fetched = null;
  function fetchLibrary() {
    fetched ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: library, onload: resolve, onerror: reject });
      document.head.append(script);
    });
    fetched.catch(() => { fetched = null; });
    return fetched;
  }

  async function optionsOf(form) {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    return (await answer.json()).request_options;
  }

  async function ask(kind, form) {
    const [options] = await Promise.all([optionsOf(form), fetchLibrary()]);
    if (kind === "get") return window.webauthnJSON.get(options);
    const alone = form.elements.passwordless?.checked;
    Object.assign(options.publicKey.authenticatorSelection, {
      residentKey: alone ? "required" : "discouraged", requireResidentKey: Boolean(alone),
      ...(alone && { userVerification: "required" }),
    });
    return window.webauthnJSON.create(options);
  }

  for (const button of document.querySelectorAll("[data-passkey]")) {
    for (const near of ["pointerenter", "focus"]) button.addEventListener(near, fetchLibrary, { once: true });
    button.addEventListener("click", async () => {
      const form = button.form, status = document.getElementById("status");
      status.textContent = "";
      button.disabled = true;
      try {
        form.elements.credential.value = JSON.stringify(await ask(button.dataset.passkey, form));
        form.submit();
      } catch {
        status.textContent = FAILED;
        button.disabled = false;
      }
    });
  }
})();
