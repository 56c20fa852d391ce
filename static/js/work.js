// Autosave, word counts, order lists and keys. Without it: every act is a submit button on the page, nothing breaks.
(() => {
  "use strict";
  const TYPING_PAUSE = 1500, SPACING = 3000, RETRY = 10000;
  const portal = window.portal || { band() {}, clearBands() {}, say() {} };

  // --- Word counts -----------------------------------------------------------------------------------------------------
  function count(field) {
    const shown = field.querySelector("[data-count]");
    const control = field.querySelector("textarea, input:not([type=hidden])");
    const most = Number(field.dataset.maxWords);
    if (!shown || !control || !most) return;
    const words = (control.value.match(/\S+/g) || []).length;
    const over = words - most;
    const number = (n) => `${n} word${n === 1 ? "" : "s"}`;
    shown.textContent = over > 0 ? `${number(words)}, ${number(over)} over` : `${number(words)}, ${most - words} left`;
    shown.classList.toggle("is-over", over > 0);
  }

  // --- Questions that are asked only with another answer: hidden meanwhile, what was typed in them stays -----------------
  function showAsked(form) {
    for (const field of form.querySelectorAll("[data-show-if]")) {
      const wanted = field.dataset.showIn.split("|");
      const deciding = [...form.querySelectorAll(`[name="${CSS.escape(field.dataset.showIf)}"]`)];
      field.hidden = !deciding.some((one) => wanted.includes(one.dataset.shows || one.value) && (one.checked || !/^(radio|checkbox)$/.test(one.type)));
    }
  }
  for (const form of document.forms) showAsked(form);

  // --- Autosave: one queue per form, one request at a time, at most one in three seconds -------------------------------
  const queues = new Map();

  const fieldOf = (element) => element.closest?.("[data-version]");
  const urlOf = (field) => field.dataset.autosaveUrl || field.closest("form")?.dataset.autosaveUrl;
  const inConflict = (field) => Boolean(field.querySelector("[data-conflict] .conflict"));
  const isAnswer = (control) => control.name && control.type !== "hidden" && control.type !== "file" && !control.closest("[data-conflict]");
  const controls = (field) => [...field.querySelectorAll("input, textarea, select")].filter(isAnswer);

  function values(field) {
    return controls(field).flatMap((control) => {
      if (control.type === "radio" || control.type === "checkbox") return control.checked ? [control.value] : [];
      if (control.multiple) return [...control.selectedOptions].map((option) => option.value);
      return [control.value];
    });
  }

  function queueOf(form) {
    if (!queues.has(form)) {
      queues.set(form, { form, dirty: new Set(), running: null, last: 0, timer: 0, failed: false, waiting: null, signedOut: false, renewed: false });
    }
    return queues.get(form);
  }

  function line(queue, text, failed = false) {
    const shown = queue.form.querySelector("[data-save-line]") || document.querySelector("[data-save-line]");
    if (shown) {
      shown.textContent = text;
      shown.closest(".save-line")?.classList.toggle("is-failed", failed);
    }
    // Only failure and recovery are spoken: a voice at each save would drown the text that is being written.
    if (failed !== queue.failed) portal.say(text, Boolean(shown));
    queue.failed = failed;
  }

  function fieldSays(field, text) {
    const shown = field.querySelector("[data-field-state]");
    if (shown) shown.textContent = text;
  }

  function plan(queue, wait) {
    clearTimeout(queue.timer);
    const soonest = Math.max(wait, queue.last + SPACING - Date.now());
    queue.timer = setTimeout(() => send(queue), Math.max(0, soonest));
  }

  function changed(field, wait) {
    const form = field.closest("form");
    if (!form || !urlOf(field) || inConflict(field)) return;
    const queue = queueOf(form);
    queue.dirty.add(field);
    // A retry that is due keeps its time: who types on must not push it away.
    if (!queue.running && !(queue.failed && queue.timer)) plan(queue, wait);
  }

  async function send(queue) {
    clearTimeout(queue.timer);
    queue.timer = 0;
    if (queue.running) return queue.running;
    const field = [...queue.dirty].find((one) => one.isConnected && !inConflict(one));
    if (!field) return queue.dirty.clear();
    queue.dirty.delete(field);
    queue.last = Date.now();
    queue.running = save(queue, field);
    const wait = await queue.running;
    queue.running = null;
    if (wait === null) return undefined;
    if (queue.dirty.size) plan(queue, wait);
    return undefined;
  }

  function oneField(field) {
    const body = new URLSearchParams({ field: controls(field)[0]?.name || "", version: field.dataset.version || "0" });
    for (const value of values(field)) body.append("value", value);
    return body;
  }

  // Some forms are kept as one: their button for drafts, pressed by itself.
  function wholeForm(form) {
    const body = new URLSearchParams(new FormData(form));
    body.set("act", "draft");
    body.set("autosave", "1");
    return body;
  }

  // Returns how long to wait before the next request, or null when no further one makes sense.
  async function save(queue, field) {
    const body = field.hasAttribute("data-autosave-whole") ? wholeForm(queue.form) : oneField(field);
    line(queue, "Saving…", queue.failed);
    let response;
    try {
      response = await fetch(urlOf(field), {
        method: "POST", body, credentials: "same-origin", redirect: "manual", keepalive: body.toString().length < 60000,
        headers: { "X-CSRFToken": queue.form.elements.csrfmiddlewaretoken?.value || "", "X-Requested-With": "fetch", Accept: "application/json, text/html" },
      });
    } catch {
      return again(queue, field, "Not saved: no connection. Trying again in 10 s. Copy kept in this tab.");
    }
    if (response.ok) {
      const saved = await response.json();
      field.dataset.version = saved.version;
      const hidden = field.querySelector("[data-version-input]");
      if (hidden) hidden.value = saved.version;
      fieldSays(field, "");
      portal.clearBands();
      queue.signedOut = queue.renewed = false;
      line(queue, `Saved ${saved.saved_at}`);
      return 0;
    }
    if (response.status === 409) {
      const slot = field.querySelector("[data-conflict]");
      if (slot) slot.innerHTML = await response.text();
      const changed = field.hasAttribute("data-autosave-whole") ? "Not saved: you saved this in another window. See the end of the form."
        : "Not saved: this answer changed in another tab. Choose a copy below it.";
      line(queue, inConflict(field) ? changed
        : "Not saved: this page may no longer be changed. Copy your text before you leave.", true);
      return 0;
    }
    if (response.status === 422) {
      fieldSays(field, await message(response));
      line(queue, "Not saved: one answer needs a change.", true);
      return 0;
    }
    let isSignedOut = response.status === 401 || response.type === "opaqueredirect";
    if (!queue.renewed && (isSignedOut || response.status === 403)) {
      const renewed = await renewToken();
      if (renewed) {
        queue.renewed = true;
        queue.dirty.add(field);
        return 0;
      }
      isSignedOut ||= renewed === null;
    }
    if (isSignedOut) {
      queue.dirty.add(field);
      queue.signedOut = true;
      portal.band("signed-out");
      line(queue, "Signed out. Your text is still here.", true);
      return null;
    }
    if (response.status === 403 || response.status === 404) {
      queue.dirty.add(field);
      line(queue, "Not saved: this page may no longer be changed. Copy your text before you leave.", true);
      return null;
    }
    return again(queue, field, "We could not save. Your text is still on this page. Trying again in 10 seconds.");
  }

  function again(queue, field, text) {
    queue.dirty.add(field);
    line(queue, text, true);
    return RETRY;
  }

  // Signing in elsewhere gives a new form token: take it from a fresh copy of this page. Null while signed out.
  async function renewToken() {
    try {
      const response = await fetch(location.href, { credentials: "same-origin", redirect: "manual" });
      if (response.type === "opaqueredirect") return null;
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]");
      if (!response.ok || !fresh) return false;
      for (const token of document.querySelectorAll("[name=csrfmiddlewaretoken]")) token.value = fresh.value;
      return true;
    } catch {
      return false;
    }
  }

  async function message(response) {
    const text = await response.text();
    try {
      return JSON.parse(text).error || "Not saved";
    } catch {
      return new DOMParser().parseFromString(text, "text/html").body.textContent.trim() || "Not saved";
    }
  }

  document.addEventListener("input", (event) => {
    const counted = event.target.closest("[data-max-words]");
    if (counted) count(counted);
    const field = isAnswer(event.target) && fieldOf(event.target);
    if (field) changed(field, TYPING_PAUSE);
  });
  document.addEventListener("change", (event) => {
    if (event.target.form) showAsked(event.target.form);
    const field = isAnswer(event.target) && fieldOf(event.target);
    if (field) changed(field, 0);
  });
  document.addEventListener("focusout", (event) => {
    const field = fieldOf(event.target);
    const queue = field && queues.get(field.closest("form"));
    if (queue?.dirty.has(field) && !queue.running && !queue.failed) plan(queue, 0);
  });
  window.addEventListener("online", () => {
    for (const queue of queues.values()) if (queue.dirty.size) plan(queue, 0);
  });
  // Back from signing in elsewhere: what waits here is saved without another word.
  async function tryAgain() {
    for (const queue of queues.values()) {
      if (!queue.signedOut || queue.returning || queue.waiting || queue.running) continue;
      queue.returning = true;
      const isBack = await renewToken();
      queue.returning = false;
      if (isBack !== true || queue.waiting || queue.leaving) continue;
      queue.signedOut = false;
      plan(queue, 0);
    }
  }
  window.addEventListener("focus", tryAgain);
  document.addEventListener("visibilitychange", () => document.hidden || tryAgain());
  window.addEventListener("beforeunload", (event) => {
    for (const queue of queues.values()) if (queue.dirty.size && !queue.leaving) event.preventDefault();
  });

  // A button saves everything: it waits for a running autosave, whose new version the form has to carry.
  document.addEventListener("submit", (event) => {
    const queue = queues.get(event.target);
    if (!queue) return;
    clearTimeout(queue.timer);
    if (queue.running && !queue.waiting) {
      event.preventDefault();
      const button = event.submitter;
      queue.waiting = queue.running.then(() => {
        queue.waiting = null;
        queue.form.requestSubmit(button);
      });
    } else if (queue.waiting) {
      event.preventDefault();
    } else if (queue.signedOut) {
      event.preventDefault();
      const button = event.submitter;
      queue.waiting = renewToken().then((isBack) => {
        queue.waiting = null;
        queue.signedOut = isBack !== true;
        if (isBack) queue.form.requestSubmit(button); else portal.band("signed-out");
      });
    } else {
      queue.leaving = true;
    }
  }, true);

  async function saveNow(form) {
    const queue = queueOf(form);
    while (queue.dirty.size || queue.running) {
      if (queue.running) await queue.running;
      else await send(queue);
      if (queue.failed) return;
    }
    const shown = form.querySelector("[data-save-line]");
    portal.say(shown?.textContent || "Everything is saved", Boolean(shown));
  }

  // --- Order lists: the keys and the handle press the same buttons -----------------------------------------------------
  const RANK_KEYS = { ArrowUp: "up", ArrowDown: "down", Home: "first", End: "last" };

  // A click, not requestSubmit: htmx takes the pressed button from the click.
  function post(form, move, extra = {}) {
    for (const [name, value] of Object.entries(extra)) if (form.elements[name]) form.elements[name].value = value;
    const button = form.querySelector(`button[name=move][value="${move}"]`);
    if (button) return button.disabled ? undefined : button.click();
    const made = document.createElement("button");
    made.name = "move";
    made.value = move;
    made.hidden = true;
    form.append(made);
    made.click();
    return made.remove();
  }

  function moveByKey(event) {
    const row = event.target.closest?.("[data-rank-row]");
    const step = event.altKey && RANK_KEYS[event.key];
    if (!row || !step || row.closest(".rank-list--off")) return false;
    event.preventDefault();
    post(row.closest("form"), `${row.dataset.rankRow}:${step}`);
    return true;
  }

  // "t", then a digit: the tier of the row that has the focus.
  let tierAsked = false;
  function tierByKey(event) {
    const row = event.target.closest?.("[data-rank-row]");
    const field = row && row.closest("form").elements[`tier-${row.dataset.rankRow}`];
    const asked = tierAsked;
    tierAsked = Boolean(field) && event.key === "t";
    if (tierAsked) return true;
    if (!asked || !field || ![...field.options].some((option) => option.value === event.key)) return false;
    post(row.closest("form"), `${row.dataset.rankRow}:tier`, { [field.name]: event.key });
    return true;
  }

  let drag = null;
  document.addEventListener("pointerdown", (event) => {
    const row = event.target.closest("[data-rank-handle]")?.closest("[data-rank-row]");
    if (!row || event.button) return;
    event.preventDefault();
    drag = { row, rows: [...row.parentElement.children].filter((one) => one.dataset.rankRow), to: null };
    row.classList.add("is-moving");
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const from = drag.rows.indexOf(drag.row);
    drag.to = drag.rows.filter((row) => {
      const box = row.getBoundingClientRect();
      return row !== drag.row && event.clientY > box.top + box.height / 2;
    }).length;
    drag.rows.forEach((row, at) => {
      row.classList.toggle("is-target", at === drag.to && drag.to < from);
      row.classList.toggle("is-target-after", at === drag.to && drag.to > from);
    });
  });
  document.addEventListener("pointerup", () => {
    if (!drag) return;
    const { row, rows, to } = drag;
    const id = row.dataset.rankRow;
    for (const one of rows) one.classList.remove("is-moving", "is-target", "is-target-after");
    drag = null;
    if (to === null || to === rows.indexOf(row)) return;
    const form = row.closest("form");
    if (form.elements[`to-${id}`]) post(form, `${id}:to`, { [`to-${id}`]: to + 1 });
    else if (form.elements[`tier-${id}`]) post(form, `${id}:tier`, { [`tier-${id}`]: form.elements[`tier-${rows[to].dataset.rankRow}`].value });
  });
  document.addEventListener("pointercancel", () => {
    drag?.rows.forEach((one) => one.classList.remove("is-moving", "is-target", "is-target-after"));
    drag = null;
  });

  // --- Keys --------------------------------------------------------------------------------------------------------------
  const isTyping = (target) => target.matches?.("textarea, select, input:not([type=radio]):not([type=checkbox])") || target.isContentEditable;
  const shown = (element) => element.getClientRects().length > 0;

  function score(event) {
    const rubric = event.target.closest?.("[data-rubric]");
    const choice = rubric?.querySelector(`input[data-key="${event.key}"]`);
    if (!choice) return false;
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    step("[data-rubric]", 1);
    return true;
  }

  function step(kind, by) {
    const all = [...document.querySelectorAll(kind)].filter(shown);
    const at = all.findIndex((one) => one.contains(document.activeElement));
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    const goal = next?.querySelector("input:checked") || next?.querySelector("a, input:not([type=hidden]), button");
    goal?.focus();
    next?.scrollIntoView({ block: "nearest" });
    return Boolean(goal);
  }

  function evidence() {
    const link = document.activeElement?.closest("[data-rubric]")?.querySelector("[data-evidence]");
    link?.click();
    return Boolean(link);
  }

  function press(key) {
    const scope = document.activeElement?.closest("[data-card], [data-row]");
    const find = (root) => root && [...root.querySelectorAll(`[data-hotkey="${CSS.escape(key)}"]`)].find((one) => shown(one) && !one.disabled);
    const goal = find(scope) || [...document.querySelectorAll(`[data-hotkey="${CSS.escape(key)}"]`)].find((one) => shown(one) && !one.disabled && !one.closest("[data-card], [data-row]"));
    if (!goal) return false;
    if (goal.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")) goal.focus(); else goal.click();
    return true;
  }

  function withControl(event) {
    const form = event.target.closest?.("form") || document.querySelector("form[data-autosave-url]");
    if (event.key === "s" && form?.matches("[data-autosave-url], :has([data-autosave-url])")) {
      event.preventDefault();
      saveNow(form);
    } else if (event.key === "Enter") {
      const button = form?.querySelector("[data-save-next]") || document.querySelector("[data-save-next]");
      if (!button) return;
      event.preventDefault();
      button.click();
    }
  }

  document.addEventListener("keydown", (event) => {
    if (moveByKey(event)) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) return withControl(event);
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return undefined;
    const help = document.querySelector("[data-key-help]");
    if (!help) return undefined;
    if (event.key === "?") {
      help.open = !help.open;
      help.querySelector("summary").focus();
      return event.preventDefault();
    }
    if (help.hasAttribute("data-keys-off")) return undefined;
    const rows = document.querySelector("[data-rubric]") ? "[data-rubric]" : document.querySelector("[data-card]") ? "[data-card]" : "[data-row]";
    const done = tierByKey(event) || score(event)
      || (event.key === "j" && step(rows, 1)) || (event.key === "k" && step(rows, -1))
      || (event.key === "e" && evidence()) || press(event.key);
    return done ? event.preventDefault() : undefined;
  });

  // Boxes grow a table's bulk bar: "12 selected".
  document.addEventListener("change", (event) => {
    const form = event.target.matches("[data-select]") && event.target.closest("form");
    const shownCount = form && form.querySelector("[data-selected]");
    if (!shownCount) return;
    event.target.closest("tr")?.classList.toggle("is-selected", event.target.checked);
    shownCount.textContent = `${form.querySelectorAll("[data-select]:checked").length} selected on this page`;
  });

  for (const field of document.querySelectorAll("[data-max-words]")) count(field);
  document.addEventListener("htmx:afterSettle", (event) => event.detail.elt.querySelectorAll?.("[data-max-words]").forEach(count));
})();
