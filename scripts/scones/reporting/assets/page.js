// Filters, sorts and draws the captures. The page is whole without it: this takes over the first cards.
// All texts are untrusted: they go into the page as text nodes and attributes, never as HTML.
"use strict";
(() => {
  const source = document.getElementById("captures-data");
  if (!source) return;
  const { classes, thresholds, pictures, reasons, columns } = JSON.parse(source.textContent);
  source.remove();
  const total = columns.time.length;
  const form = document.getElementById("filter");
  const list = document.getElementById("gallery");
  const found = document.getElementById("found");
  const more = document.getElementById("more");
  const CHUNK = 60;
  const FIELDS = ["class", "verdict", "truth", "min", "max", "text", "sort"];
  const number = new Intl.NumberFormat("en");

  // --- What is asked for: the form, kept in the address --------------------------------------------------

  const field = (name) => form.elements.namedItem(name);

  function readAddress() {
    const asked = new URLSearchParams(location.hash.slice(1));
    if (location.hash && !FIELDS.some((name) => asked.has(name))) return false; // the anchor of a section
    for (const name of FIELDS) {
      field(name).value = asked.get(name) ?? "";
      if (field(name).selectedIndex === -1) field(name).value = ""; // no such choice
    }
    return true;
  }

  function writeAddress() {
    const asked = new URLSearchParams();
    for (const name of FIELDS) if (field(name).value) asked.set(name, field(name).value);
    const hash = asked.size ? `#${asked}` : "";
    if (hash !== location.hash) history.replaceState(null, "", hash || location.pathname + location.search);
  }

  // --- Which captures, in which order --------------------------------------------------------------------

  const verdictOf = (row) => (columns.accepted[row] ? "accepted" : "refused");
  const truthOf = (row) =>
    columns.truth[row] === -2 ? "not known" : columns.truth[row] === -1 ? "neither"
      : columns.truth[row] === columns.answer[row] ? "right" : "wrong";
  const texts = [];

  function textOf(row) {
    texts[row] ??= [columns.key[row], classes[columns.answer[row]], classes[columns.truth[row]] ?? "", columns.said[row],
      verdictOf(row), columns.doubts[row], truthOf(row)].join("\n").toLowerCase();
    return texts[row];
  }

  const ORDERS = {
    newest: (a, b) => columns.time[b] - columns.time[a],
    oldest: (a, b) => columns.time[a] - columns.time[b],
    surest: (a, b) => columns.confidence[b] - columns.confidence[a],
    unsurest: (a, b) => columns.confidence[a] - columns.confidence[b],
    "out-of-domain": (a, b) => (columns.score[b] ?? -1) - (columns.score[a] ?? -1),
  };

  function chosen() {
    const [answer, verdict, truth] = ["class", "verdict", "truth"].map((name) => field(name).value);
    const min = field("min").value === "" ? 0 : Number(field("min").value);
    const max = field("max").value === "" ? 1 : Number(field("max").value);
    const words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = [];
    for (let row = 0; row < total; row++) {
      if (answer !== "" && columns.answer[row] !== Number(answer)) continue;
      if (columns.confidence[row] < min || columns.confidence[row] > max) continue;
      if (verdict && verdictOf(row) !== verdict) continue;
      if (truth && truthOf(row) !== truth) continue;
      if (words.length && !words.every((word) => textOf(row).includes(word))) continue;
      rows.push(row);
    }
    const order = ORDERS[field("sort").value];
    return order ? rows.sort(order) : rows;
  }

  // --- Cards, as sections/gallery.py writes them ---------------------------------------------------------

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }

  function shape(name, attributes) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function picture(row) {
    const place = columns.picture[row];
    if (place < 0) return element("div", "picture missing", `no picture: ${reasons[-1 - place]}`);
    const image = element("img", "picture");
    image.width = image.height = 88;
    image.loading = "lazy";
    image.alt = `The captured picture, answered ${classes[columns.answer[row]]}`;
    image.src = `data:image/png;base64,${pictures[place]}`;
    return image;
  }

  function score(row, index, value) {
    const isBest = index === columns.answer[row];
    const track = shape("svg", { class: "track", "aria-hidden": "true" });
    track.append(shape("rect", { class: "fill", width: `${100 * value}%`, height: 6 }));
    const threshold = thresholds[index] ?? thresholds[0];
    if (isBest) track.append(shape("rect", { class: "mark", x: `${100 * threshold}%`, width: 2, height: 6 }));
    return element("div", isBest ? "score best" : "score", element("span", "", element("bdi", "", classes[index])),
      element("span", "", value.toFixed(4)), track);
  }

  function clock(seconds) {
    const time = new Date(seconds * 1000);
    const made = element("time", "", time.toLocaleString("en-GB", {
      day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
      timeZone: "UTC",
    }) + " UTC");
    made.dateTime = time.toISOString();
    return made;
  }

  function card(row) {
    const verdict = verdictOf(row);
    const words = columns.doubts[row] ? `${verdict}: ${columns.doubts[row]}` : verdict;
    const said = element("div", "", element("div", "answer", element("bdi", "", classes[columns.answer[row]])),
      element("span", `badge ${verdict}`, words));
    const truth = truthOf(row);
    if (truth !== "not known") {
      const person = columns.said[row];
      const label = person ? `a person labelled it ${person}` : `labelled ${classes[columns.truth[row]]}`;
      const isMistake = truth === "wrong" || (truth === "neither" && columns.accepted[row]);
      said.append(element("div", isMistake ? "truth wrong" : "truth", `${truth}: ${label}`));
    }
    const scores = element("div", "scores", ...columns.scores[row].map(([index, value]) => score(row, index, value)));
    if (columns.score[row] !== null) {
      scores.append(element("div", "domain", `out-of-domain score ${columns.score[row].toFixed(4)}`));
    }
    const where = element("div", "where");
    if (columns.key[row]) where.append(element("bdi", "", columns.key[row]), element("br"));
    where.append(clock(columns.time[row]));
    if (columns.link[row]) {
      const link = element("a", "", "execution");
      link.href = columns.link[row];
      link.rel = "noopener noreferrer";
      where.append(element("br"), link);
    }
    return element("li", `card ${verdict}`, element("div", "top", picture(row), said), scores, where);
  }

  // --- Drawing: a piece at a time, as far as somebody looks ----------------------------------------------

  let rows = [];
  let drawn = 0;

  function drawMore() {
    const piece = document.createDocumentFragment();
    for (const row of rows.slice(drawn, drawn + CHUNK)) piece.append(card(row));
    drawn = Math.min(rows.length, drawn + CHUNK);
    list.append(piece);
    more.hidden = drawn === rows.length;
    more.textContent = `Show ${number.format(Math.min(CHUNK, rows.length - drawn))} more`;
  }

  function draw() {
    rows = chosen();
    drawn = 0;
    list.replaceChildren();
    drawMore();
    found.textContent = rows.length
      ? `${number.format(rows.length)} of ${number.format(total)} captures`
      : `None of ${number.format(total)} captures is like that`;
  }

  function update() {
    writeAddress();
    draw();
  }

  let timer = 0;
  for (const changed of ["input", "change"]) {
    form.addEventListener(changed, () => {
      clearTimeout(timer);
      timer = setTimeout(update, 120); // not at every letter
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update)); // after the fields are empty
  more.addEventListener("click", () => {
    const next = drawn;
    drawMore();
    const first = list.children[next];
    first.tabIndex = -1; // the keyboard goes on where it was
    first.focus({ preventScroll: true });
  });
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && !more.hidden) drawMore();
  }, { rootMargin: "600px" }).observe(more);

  function openTarget() {
    const target = /^#[\w-]+$/.test(location.hash) ? document.getElementById(location.hash.slice(1)) : null;
    const closed = target?.closest("details:not([open])");
    if (closed) {
      closed.open = true;
      target.scrollIntoView({ block: "center" });
    }
    target?.focus({ preventScroll: true });
  }

  addEventListener("hashchange", () => (readAddress() ? draw() : openTarget()));
  form.hidden = false;
  if (!readAddress()) openTarget();
  draw();
})();
