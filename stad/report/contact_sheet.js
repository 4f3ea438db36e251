// The page with examples: each is three frames of a label, from its start to its end.
const { classes } = data;
const seconds = (value) => `${value.toFixed(1)} s`;

function factList(list, facts) {
  list.replaceChildren(...facts.map(([name, value]) => {
    const pair = make("div");
    pair.append(make("dt", {}, name), make("dd", {}, value));
    return pair;
  }));
  return list;
}

function card(example, name) {
  const figure = make("figure"), strip = make("div", { class: "strip" }), caption = make("figcaption");
  const { video, start_sec: start, end_sec: end, note, images } = example;
  images.forEach((source, place) => strip.append(
    make("img", { src: source, alt: `${name}, ${video}, frame ${place + 1} of ${images.length}` })));
  if (!images.length) strip.append(make("p", {}, "This video cannot be read."));
  caption.append(make("span", {}, note ? `${video} · ${note}` : video),
    make("span", {}, `${start.toFixed(1)} to ${seconds(end)}`));
  figure.append(strip, caption);
  return figure;
}

function section(one, index) {
  const box = make("section", { class: one.is_absent ? "card absent" : "card", id: `class${index}` });
  const examples = make("div", { class: "examples" });
  examples.append(...one.examples.map((example) => card(example, one.name)));
  box.append(make("h2", {}, one.name), factList(make("dl", { class: "facts" }), one.facts));
  box.append(one.examples.length ? examples : make("p", { class: "soft" }, "There is no example."));
  return box;
}

document.title = `${data.title}: examples`;
$("title").textContent = data.title;
factList($("facts"), data.facts);
$("nav").replaceChildren(...classes.map((one, index) =>
  make("a", { href: `#class${index}` }, one.is_absent ? `not ${one.name}` : one.name)));
if (data.problems.length) {
  const list = make("ul", {}), note = make("div", { class: "note warn" });
  list.append(...data.problems.map((text) => make("li", {}, text)));
  note.append(list);
  $("problems").append(note);
}
$("classes").replaceChildren(...classes.map(section));
