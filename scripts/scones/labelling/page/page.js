"use strict";
// Shows the picture that the server has claimed, and sends what the person decides. Everything that came with
// a message is set as text, never as markup.

const STILL_HERE_MS = 30_000; // the server gives the picture back when it has not heard of the page for longer
const SMALL = 128; // pixels up to which a picture is shown with its pixels as squares

const at = (id) => document.getElementById(id);
let state = null;
let busy = true; // while a decision is under way, and until its picture is there to be seen

async function ask(path, body) {
  const request = { cache: "no-store" };
  if (body !== undefined) {
    request.method = "POST";
    request.headers = { "Content-Type": "application/json" };
    request.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, request);
  } catch {
    throw new Error("The server does not answer. Is make review-queue still running?");
  }
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error);
  return content;
}

async function load(path, body) {
  setBusy(true);
  try {
    await show(await ask(path, body));
    at("alert").hidden = true;
  } catch (error) {
    at("alert").textContent = error.message;
    at("alert").hidden = false;
    // It may be another picture's turn; a failed look leaves the page as it is.
    if (body !== undefined) await ask("state").then(show).catch(() => {});
  } finally {
    setBusy(false);
  }
}

function setBusy(is) {
  busy = is;
  document.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", String(is)));
}

async function show(next) {
  const before = state?.item?.id;
  state = next;
  const { item, tally, waiting } = state;
  const decided = tally.labelled + tally.already + tally.dropped;
  const others = state.with_others ? `, ${state.with_others} with others` : "";
  at("progress").textContent = `${tally.labelled} labelled, ${tally.skipped} skipped, about ${waiting + (item ? 1 : 0)} to go${others}`;
  at("done").style.width = `${(100 * decided) / Math.max(decided + waiting + (item ? 1 : 0), 1)}%`;
  at("notes").replaceChildren(...state.notes.map((note) => element("li", note)));
  at("item").hidden = !item;
  at("empty").hidden = Boolean(item);
  at("rest").textContent = rest();
  if (state.said) at("said").textContent = state.said;
  if (item && item.id !== before) await showItem(item);
  if ((item?.id ?? null) !== (before ?? null) && lostFocus()) {
    (item ? at("key") : at("empty").querySelector("h2")).focus();
  }
}

function rest() {
  const skipped = state.tally.skipped ? "What you skipped is back in the queue. " : "";
  return `${skipped}${state.with_others ? `${state.with_others} are being looked at by others.` : ""}`;
}

// The button that was pressed keeps the focus for the next picture, unless it has gone.
function lostFocus() {
  const focused = document.activeElement;
  return !focused || focused === document.body || focused.closest("[hidden]") !== null;
}

async function showItem(item) {
  at("key").textContent = item.key;
  at("confidences").replaceChildren(...item.confidences.map(confidence));
  if (item.out_of_domain !== null) at("confidences").append(confidence(["out of domain", item.out_of_domain]));
  at("unknown").hidden = item.confidences.length > 0;
  at("cause").textContent = item.cause || "The message does not say.";
  at("execution").textContent = item.execution ?? "";
  at("problem").hidden = !item.problem;
  at("problem").textContent = item.problem ?? "";
  showChoices(item);
  const picture = at("picture");
  picture.hidden = !item.picture;
  if (!item.picture) return;
  picture.classList.toggle("small", Math.max(item.width, item.height) <= SMALL);
  picture.alt = `The picture to label, ${item.key}, enlarged`;
  picture.src = item.picture;
  await picture.decode(); // nobody labels a picture before it is there
}

function confidence([name, value]) {
  const line = element("li");
  const [track, fill] = [element("div"), element("div")];
  track.className = "track";
  fill.className = "fill";
  fill.style.width = `${100 * value}%`;
  track.append(fill);
  line.append(element("span", name), element("span", value.toFixed(4)), track);
  return line;
}

function showChoices(item) {
  const choices = item.problem ? [] : state.classes.map(({ name, key }) => ({ decision: "label", class: name, key, text: name }));
  if (!item.problem) choices.push({ decision: "label", class: "neither", key: state.keys.neither, text: "neither" });
  if (item.can_drop) choices.push({ decision: "drop", key: state.keys.drop, text: "drop it" });
  choices.push({ decision: "skip", key: state.keys.skip, text: "skip" });
  const wanted = JSON.stringify(choices);
  if (at("choices").dataset.wanted === wanted) return; // the same buttons keep their focus
  at("choices").dataset.wanted = wanted;
  at("choices").replaceChildren(...choices.map(button));
}

function button({ key, text, ...decision }) {
  const made = element("button", text);
  made.type = "button";
  made.classList.toggle("class", decision.class !== undefined && decision.class !== "neither");
  if (key) {
    made.dataset.key = key;
    made.setAttribute("aria-keyshortcuts", key);
    const hint = element("kbd", key);
    hint.setAttribute("aria-hidden", "true");
    made.append(hint);
  }
  made.addEventListener("click", () => decide(decision));
  return made;
}

function decide(decision) {
  if (!busy && state?.item) load("decisions", { id: state.item.id, ...decision });
}

function element(name, text = "") {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

document.addEventListener("keydown", (event) => {
  const isPlain = !event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!isPlain || !at("shortcuts").checked || at("item").hidden) return;
  const wanted = [...document.querySelectorAll("#choices button")].find((one) => one.dataset.key === event.key);
  if (wanted) wanted.click();
});
at("again").addEventListener("click", () => busy || load("again", {}));

function lookAgain() {
  if (document.visibilityState === "visible" && !busy) load("state");
}
document.addEventListener("visibilitychange", lookAgain);
setInterval(lookAgain, STILL_HERE_MS);
load("state");
