// The chat page: sends questions, shows replies, remembers what must not be lost.

import * as client from "./client.js";
import { blocks, button, card, make, reply as parts } from "./render.js";

const { say, sayIn, saved, state } = client;
const byId = (id) => document.getElementById(id);
const log = byId("log");
const form = byId("ask");
const text = byId("text");
const sheet = byId("sheet");
let sending = false;

// ---------------------------------------------------------------- the conversation
function bubble(who, ...children) {
  const element = make("section.bubble." + who, make("span.hidden", say(who === "mine" ? "chat.you" : "chat.bot")), ...children);
  log.append(element);
  return element;
}

/** A long answer is read from its beginning: bring the start of it into view, not its end. */
function show(element) {
  element.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

function hello() {
  const examples = [1, 2, 3].map((n) => {
    const words = say("chat.example_" + n);
    return button("choice", words, () => send(words));
  });
  const element = bubble("bot", ...blocks(say("chat.hello")), make("p.small", say("chat.examples")), make("div.choices", ...examples));
  element.classList.add("hello");
  element.lang = state.lang;
}

function showReply(data, { rated = true, before = null } = {}) {
  const act = {
    open: (id, lang) => open(id, lang),
    choose: (id, from) => (data.id ? choose(data, id, from) : open(id, data.lang)),
    none: (from) => choose(data, "none", from),
  };
  const element = bubble("bot", ...(before ? [make("p.small", before)] : []), ...parts(data, act));
  element.lang = data.lang;
  element.dataset.kind = data.kind;
  if (data.id && rated) {
    if (data.cards.length && data.kind !== "choose") element.append(rating(data));
    if (data.kind === "unknown" && data.reason === "no_entry") element.append(wish(data));
  }
  return element;
}

async function send(words, message = client.newMessage(), again = null) {
  if (sending || !words.trim()) return;
  sending = true;
  form.classList.add("busy");
  again?.remove();
  const mine = bubble("mine", make("p", words));
  const waiting = bubble("bot", make("p.waiting", say("chat.thinking")));
  show(mine);
  try {
    const data = await client.ask(words, message);
    waiting.remove();
    showReply(data);
    show(mine);
  } catch (error) {
    waiting.remove();
    failed(mine, words, message, error);
  } finally {
    sending = false;
    form.classList.remove("busy");
  }
}

function failed(mine, words, message, error) {
  mine.classList.add("failed");
  const why = { 0: say("web.offline"), 413: say("chat.too_large"), 429: say("too_many", { seconds: error.seconds }) };
  const retry = button("retry", say("chat.retry"), () => send(words, message, mine));
  const note = make("div.problem", make("p", say("chat.failed") + " " + (why[error.status] ?? say("trouble"))), retry);
  note.setAttribute("role", "alert");
  mine.append(note);
  show(mine);
}

/** Runs what a button does; while it runs the button cannot be pressed again, and a failure is said beside it. */
async function attempt(from, action, complaint = "chat.not_loaded") {
  from?.parentElement?.querySelector(".problem")?.remove();
  if (from) from.disabled = true;
  try {
    return await action();
  } catch (error) {
    const key = error.status === 404 ? "stale" : error.status === 429 ? "too_many" : complaint;
    const note = make("p.problem", say(key, { seconds: error.seconds }));
    note.setAttribute("role", "alert");
    if (from) from.after(note);
    else show(bubble("bot", note));
    return undefined;
  } finally {
    if (from) from.disabled = false;
  }
}

async function choose(data, entry, from) {
  const found = await attempt(from, () => client.choose(data.id, entry));
  if (!found) return;
  from.classList.add("taken");
  from.setAttribute("aria-pressed", "true");
  show(showReply(found));
}

async function open(id, lang = state.lang) {
  const found = await attempt(null, () => client.entry(id, lang));
  if (!found) return;
  const element = bubble("bot", card(found, lang, { urgent: found.role === "emergency" }));
  element.lang = lang;
  show(element);
}

// ---------------------------------------------------------------- after an answer
function rating(data) {
  const { lang } = data;
  const box = make("div.rating", make("span", sayIn(lang, "feedback.ask")));
  const rate = async (helpful, from) => {
    const done = await attempt(from, async () => (await client.feedback(data.id, helpful), true), "chat.not_saved");
    if (!done) return;
    box.replaceChildren();
    if (helpful) told(box, sayIn(lang, "feedback.thanks"));
    else box.append(missing(data, box));
    box.querySelector("textarea")?.focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
  };
  box.append(
    make("div.buttons",
      button("quiet", sayIn(lang, "feedback.yes"), (from) => rate(true, from)),
      button("quiet", sayIn(lang, "feedback.no"), (from) => rate(false, from))));
  return box;
}

function missing(data, box) {
  const { lang } = data;
  const words = make("textarea");
  words.rows = 2;
  words.maxLength = 500;
  words.id = "missing-" + data.id + "-" + log.childElementCount;
  const label = make("label", sayIn(lang, "chat.missing"));
  label.htmlFor = words.id;
  const send = button("quiet", sayIn(lang, "chat.missing_send"), async (from) => {
    if (!words.value.trim()) return words.focus();
    const done = await attempt(from, async () => (await client.feedback(data.id, false, words.value), true), "chat.not_saved");
    if (done) finish(sayIn(lang, "feedback.thanks_missing"));
  });
  const skip = button("quiet", sayIn(lang, "chat.skip_missing"), () => finish(sayIn(lang, "feedback.thanks")));
  const finish = (sentence) => {
    box.replaceChildren();
    told(box, sentence);
    box.append(wish(data));
    text.focus();
  };
  return make("div.missing", label, words, make("div.buttons", send, skip));
}

function told(box, sentence) {
  const line = make("p.told", sentence);
  line.setAttribute("role", "status");
  box.append(line);
}

function wish(data) {
  const box = make("div.wish");
  box.append(button("quiet", sayIn(data.lang, "wish.offer"), async (from) => {
    const done = await attempt(from, async () => (await client.tellMe(data.id), true), "chat.not_saved");
    if (!done) return;
    box.replaceChildren();
    told(box, sayIn(data.lang, "chat.wish_done"));
  }));
  return box;
}

// ---------------------------------------------------------------- emergency, topics, privacy
async function urgent(from) {
  const data = await attempt(from, client.urgent);
  if (data) show(showReply(data));
}

function openSheet(title, ...children) {
  byId("sheet-title").textContent = title;
  byId("sheet-body").replaceChildren(...children);
  if (!sheet.open) sheet.showModal();
}

async function topics(from) {
  const found = await attempt(from, client.topics);
  if (!found) return;
  const groups = found.groups.map((group) => make("details", make("summary", group.title),
    make("div.choices", ...group.entries.map((each) => button("choice", each.title, () => {
      sheet.close();
      open(each.id);
    })))));
  openSheet(say("topics.intro"), ...groups);
}

function privacy() {
  const answer = make("div");
  const confirm = button("quiet.danger", say("chat.forget"), () => {
    const yes = button("quiet.danger", say("forget.yes"), async (from) => {
      try {
        from.disabled = true;
        const deleted = await client.forget();
        log.replaceChildren();
        text.value = "";
        draft();
        hello();
        answer.replaceChildren();
        told(answer, deleted ? say("forget.done", { n: deleted }) : say("forget.nothing"));
      } catch {
        answer.replaceChildren();
        told(answer, say("forget.failed"));
      }
    });
    const no = button("quiet", say("forget.no"), () => {
      answer.replaceChildren();
      told(answer, say("forget.kept"));
    });
    answer.replaceChildren(make("p", say("forget.ask")), make("div.buttons", yes, no));
    yes.focus();
  });
  openSheet(say("menu.privacy"), ...blocks(say("privacy")), make("p", say("chat.device")), make("div.buttons", confirm), answer);
}

const COMMANDS = {
  "/urgent": () => urgent(null), "/topics": () => topics(null), "/privacy": privacy, "/forget": privacy,
  "/start": hello, "/help": hello,
};

// ---------------------------------------------------------------- language, large print, the form
function speak(lang) {
  state.lang = lang;
  document.documentElement.lang = lang;
  document.title = say("web.title");
  document.querySelectorAll("[data-t]").forEach((each) => { each.textContent = say(each.dataset.t); });
  document.querySelectorAll("[data-label]").forEach((each) => each.setAttribute("aria-label", say(each.dataset.label)));
  document.querySelectorAll("[data-lang]").forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.lang === lang)));
  text.placeholder = say("web.placeholder");
  if (log.querySelector(".hello") && log.childElementCount === 1) {
    log.replaceChildren();
    hello();
  }
  connection();
}

function largePrint(on) {
  document.documentElement.classList.toggle("elder", on);
  byId("elder").setAttribute("aria-pressed", String(on));
  grow();
}

function grow() {
  text.style.height = "auto";
  text.style.height = text.scrollHeight + 2 + "px";
}

/** What is being typed survives a reload of the page (of this tab only). */
function draft() {
  try { sessionStorage.setItem("fanzha.draft", text.value); } catch { /* then it does not */ }
}

function connection() {
  byId("offline").hidden = navigator.onLine;
  byId("offline").textContent = navigator.onLine ? "" : say("chat.offline");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value;
  if (sending || !words.trim()) return text.focus();
  text.value = "";
  draft();
  grow();
  const command = COMMANDS[words.trim().toLowerCase()];
  if (command) command();
  else send(words);
});
text.addEventListener("input", () => { grow(); draft(); });
text.addEventListener("keydown", (event) => {
  // While an input method composes, Enter takes the candidate (keyCode 229 in browsers that say so late).
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});
document.querySelectorAll("[data-lang]").forEach((each) => each.addEventListener("click", () => {
  state.fixed = true;
  saved.set("lang", each.dataset.lang);
  speak(each.dataset.lang);
}));
byId("elder").addEventListener("click", () => {
  const on = !document.documentElement.classList.contains("elder");
  saved.set("elder", on ? "1" : "");
  largePrint(on);
});
byId("urgent").addEventListener("click", (event) => urgent(event.currentTarget));
byId("topics").addEventListener("click", (event) => topics(event.currentTarget));
byId("privacy").addEventListener("click", privacy);
byId("sheet-close").addEventListener("click", () => sheet.close());
sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); });
addEventListener("online", connection);
addEventListener("offline", connection);

hello();
speak(state.lang);
largePrint(saved.get("elder") === "1");
try { text.value = sessionStorage.getItem("fanzha.draft") ?? ""; } catch { /* nothing kept */ }
grow();
client.news().then((replies) => {
  for (const data of replies) show(showReply(data, { before: sayIn(data.lang, "wish.answer") }));
}, () => { /* asked again at the next visit */ });
