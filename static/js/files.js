// A file is sent as soon as it is chosen. Without it: the button beside it sends it with the rest of the page.
(() => {
  "use strict";
  const portal = window.portal || { say() {} };

  function says(field, text, failed = false) {
    const shown = field.querySelector("[data-field-state]");
    if (shown) {
      shown.textContent = text;
      shown.classList.toggle("is-failed", failed);
    }
    portal.say(text, Boolean(shown));
  }

  async function send(control) {
    const field = control.closest("[data-version]");
    const form = control.closest("form");
    const url = field?.dataset.autosaveUrl || form?.dataset.autosaveUrl;
    const slot = control.closest("[data-file-control]");
    if (!url || !slot || !control.files.length) return;
    const body = new FormData();
    body.append("field", control.name);
    body.append("value", control.files[0]);
    says(field, `Sending ${control.files[0].name} …`);
    let response;
    try {
      response = await fetch(url, {
        method: "POST", body, credentials: "same-origin", redirect: "manual",
        headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken?.value || "", "X-Requested-With": "fetch" },
      });
    } catch {
      return says(field, "Not sent: no connection. Your choice is still here; press the button beside it to try again.", true);
    }
    if (response.ok) {
      const id = control.id;
      slot.innerHTML = await response.text();
      document.getElementById(id)?.focus();
      return says(field, "The file is kept.");
    }
    if (response.type === "opaqueredirect" || response.status === 401) {
      return says(field, "Not sent: you are signed out. Sign in in another tab, then press the button beside it.", true);
    }
    const answer = await response.json().catch(() => ({}));
    control.value = "";
    return says(field, answer.error || "Not sent. Press the button beside it to try again.", true);
  }

  document.addEventListener("change", (event) => {
    if (event.target.type === "file" && event.target.closest("[data-file-control]")) send(event.target);
  });
})();
