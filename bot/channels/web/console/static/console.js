// The console works without this file; it adds keys, counters, the live preview, saving over a lost connection and the
// progress of a replay.
"use strict";

// ---------------------------------------------------------------- asking first
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && button.dataset.confirm && !window.confirm(button.dataset.confirm)) event.preventDefault();
}, true);

// ---------------------------------------------------------------- what takes a while says so, and is not sent twice
const slow = document.querySelector("form[data-busy]");
if (slow) {
  const button = slow.querySelector("button.main");
  const told = slow.querySelector("[role=status]");
  slow.addEventListener("submit", () => { button.disabled = true; told.textContent = slow.dataset.busy; });
  // The page that comes back from the browser's memory is to be used again.
  window.addEventListener("pageshow", () => { button.disabled = false; told.textContent = ""; });
}

// ---------------------------------------------------------------- a file too large is said before it is sent
const chosen = document.querySelector("input[type=file][data-most]");
if (chosen) {
  chosen.addEventListener("change", () => {
    const large = [...chosen.files].some((file) => file.size > Number(chosen.dataset.most));
    chosen.setCustomValidity(large ? chosen.dataset.tooLarge : "");
    if (large) chosen.reportValidity();
  });
}

// ---------------------------------------------------------------- keys in the queue
const list = document.querySelector("[data-keys]");
if (list) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const groups = [...list.querySelectorAll(".group")];
    const here = groups.indexOf(document.activeElement.closest(".group"));
    if (event.key === "j" || event.key === "k") {
      const next = groups[here < 0 ? 0 : Math.max(0, Math.min(groups.length - 1, here + (event.key === "j" ? 1 : -1)))];
      if (next) { next.focus(); event.preventDefault(); }
      return;
    }
    const group = groups[here];
    if (!group) return;
    const button = group.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (button) { event.preventDefault(); button.click(); }
    else if (event.key === "Enter" && document.activeElement === group) group.querySelector("h2 a").click();
  });
}

// ---------------------------------------------------------------- the form of a draft
const form = document.getElementById("draft");
if (form) {
  const key = `console-draft-${form.dataset.draft}`;
  const kept = document.getElementById("kept");
  const saved = document.getElementById("saved");
  const version = form.elements.version;
  const size = (text) => [...text.trim().replace(/\{[^{}]*\}/g, "xxxxxx")].length;

  const fields = () => new URLSearchParams(new FormData(form));
  // Which region is looked at, and what would be added, is no part of the text.
  const aside = ["version", "preview_region", "override_table", "override_key"];
  const typed = () => { const all = fields(); aside.forEach((name) => all.delete(name)); return all.toString(); };
  let clean = typed();

  const count = (area) => {
    const out = form.querySelector(`output[for="${CSS.escape(area.id)}"]`);
    if (!out) return;
    const limit = Number(area.dataset.limit || 0);
    const lines = area.value.split("\n").filter((line) => line.trim());
    const most = area.dataset.kind === "list" ? Math.max(0, ...lines.map(size)) : size(area.value);
    const head = area.dataset.kind === "list" ? `${lines.length} ${out.dataset.unit}${limit ? " · " : ""}` : "";
    out.textContent = head + (limit ? `${most} / ${limit}` : "");
    out.classList.toggle("over", Boolean(limit) && most > limit);
  };
  form.querySelectorAll("textarea").forEach(count);

  const store = (value) => { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* private mode */ } };
  const stored = () => { try { return localStorage.getItem(key); } catch { return null; } };
  const tell = (text) => { kept.textContent = text; kept.hidden = !text; };

  // A plain save arrived: what is kept here is on the server, and the page may show other fields by now.
  if (["saved", "override"].includes(new URLSearchParams(location.search).get("said"))) store(null);
  const before = stored();
  const regional = /^(zh-Hant|(zh|en)\.[a-z]{2})\.[a-z]+$/;
  const lacking = [...new URLSearchParams(before || "").keys()].filter((name) => regional.test(name) && !form.elements[name]);
  if (lacking.length && !location.search.includes("add=")) {
    // A regional wording that was begun and not saved has no field on this page yet.
    location.replace(`${location.pathname}?${lacking.map((name) => `add=${encodeURIComponent(name)}`).join("&")}`);
  } else if (before && before !== clean) {
    const values = new URLSearchParams(before);
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden" || field.tagName === "BUTTON") continue;
      if (field.type === "checkbox") field.checked = values.getAll(field.name).includes(field.value);
      else if (values.has(field.name)) field.value = values.get(field.name);
    }
    form.querySelectorAll("textarea").forEach(count);
    tell(form.dataset.restore);
  } else if (before) store(null);

  const post = (url) => fetch(url, { method: "POST", headers: { Accept: "application/json" }, body: fields() });

  let timer = 0;
  let asked = 0;
  const box = document.getElementById("preview");
  const preview = async () => {
    const number = ++asked;
    try {
      const response = await post(box.dataset.url);
      if (!response.ok || number !== asked) return;
      const found = await response.json();
      const open = [...box.querySelectorAll("details")].map((d) => d.open);
      box.innerHTML = found.html; // rendered and escaped by the server
      box.querySelectorAll("details").forEach((d, n) => { d.open = open[n] ?? d.open; });
      form.querySelectorAll("[data-problems]").forEach((place) => {
        place.replaceChildren(...(found.problems[place.dataset.problems] || []).map((problem) => {
          const item = document.createElement("li");
          item.className = problem.level;
          item.append(problem.key.includes("[") ? `${problem.key} ` : "", problem.text, document.createElement("br"));
          const remedy = document.createElement("span");
          remedy.className = "soft";
          remedy.textContent = problem.remedy;
          item.append(remedy);
          return item;
        }));
      });
    } catch { /* no connection: the next change asks again */ }
  };
  form.addEventListener("input", (event) => {
    if (event.target.tagName === "TEXTAREA") count(event.target);
    if (!aside.includes(event.target.name)) { store(typed()); saved.textContent = ""; }
    clearTimeout(timer);
    timer = setTimeout(preview, 600);
  });

  let wait = 1000;
  let again = 0;
  let leaving = false;
  const save = async () => {
    clearTimeout(again);
    const sent = typed();
    store(sent);
    let response;
    try {
      response = await post(form.action);
    } catch {
      tell(form.dataset.kept);
      again = setTimeout(save, wait);
      wait = Math.min(30000, wait * 2);
      return;
    }
    wait = 1000;
    if (response.status === 409) { leaving = true; form.submit(); return; } // the page shows both texts and who was first
    const found = await response.json().catch(() => ({}));
    if (!response.ok) {
      tell([found.error, found.text].filter(Boolean).join(": ") || String(response.status));
      if (response.status === 503) again = setTimeout(save, 3000);
      return;
    }
    version.value = found.version;
    clean = sent;
    if (typed() === sent) store(null);
    tell("");
    saved.textContent = form.dataset.saved;
  };
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    // Without a connection the browser would leave the form for a page of its own.
    if (event.submitter && "plain" in event.submitter.dataset && navigator.onLine) { leaving = true; store(typed()); return; }
    event.preventDefault();
    save();
  });
  window.addEventListener("online", () => { if (!kept.hidden) save(); });
  window.addEventListener("beforeunload", (event) => { if (!leaving && typed() !== clean) event.preventDefault(); });
}

// A draft that arrived on the server needs no copy here.
const review = location.pathname.match(/^\/console\/drafts\/([^/]+)\/review$/);
if (review && new URLSearchParams(location.search).get("said") === "saved") {
  try { localStorage.removeItem(`console-draft-${review[1]}`); } catch { /* private mode */ }
}

// ---------------------------------------------------------------- a replay under way
const progress = document.getElementById("progress");
if (progress) {
  const bar = progress.querySelector("progress");
  const [words, count] = progress.querySelectorAll("span");
  const look = async () => {
    try {
      const response = await fetch(progress.dataset.url, { headers: { Accept: "application/json" } });
      const job = await response.json();
      if (!["waiting", "building", "asking"].includes(job.state)) { location.replace(location.pathname); return; }
      if (job.total) { bar.max = job.total; bar.value = job.done; } else bar.removeAttribute("value");
      // Read out once for each step, not with every number.
      if (words.textContent !== progress.dataset[job.state]) words.textContent = progress.dataset[job.state];
      count.textContent = job.total ? `${job.done} / ${job.total}` : "";
    } catch { /* tried again below */ }
    setTimeout(look, 700);
  };
  look();
}
