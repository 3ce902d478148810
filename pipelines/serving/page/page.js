"use strict";

// Requests that are on their way at once.
const TOGETHER = 4;
// How often one who is turned away asks again.
const PATIENCE = 30;

const of = (id) => document.getElementById(id);
const made = (name, text, kind) => {
  const found = document.createElement(name);
  if (text !== undefined) found.textContent = text;
  if (kind) found.className = kind;
  return found;
};
const pause = (seconds) =>
  new Promise((done) => setTimeout(done, 1000 * seconds));

const waiting = [];
let running = 0;
let done = 0;
let failed = 0;

function authorized() {
  const token = of("token");
  return token && token.value
    ? { Authorization: `Bearer ${token.value.trim()}` }
    : {};
}

async function asked(path, options = {}) {
  const answer = await fetch(path, {
    ...options,
    headers: { ...authorized(), ...options.headers },
  });
  let said = {};
  try {
    said = await answer.json();
  } catch {
    said = { error: `The server answers ${answer.status}.` };
  }
  return { status: answer.status, wait: answer.headers.get("Retry-After"),
    said };
}

async function listModels() {
  const { status, said } = await asked("/models");
  if (status !== 200) {
    of("about").textContent = said.error;
    return;
  }
  const chosen = of("model");
  chosen.replaceChildren(
    ...said.models.map((each) => {
      const option = made("option", each.name);
      option.value = each.name;
      option.dataset.heat = each.heat ? "yes" : "";
      option.dataset.about =
        `${each.name}, version ${each.version}: ${each.learned}, ` +
        `computed by ${each.engine}`;
      return option;
    }),
  );
  of("models").hidden = said.models.length < 2;
  tellModel();
}

function tellModel() {
  const option = of("model").selectedOptions[0];
  of("about").textContent = option ? option.dataset.about : "";
}

function take(files) {
  const pictures = [...files].filter((file) => file instanceof Blob);
  if (!pictures.length) return;
  of("none").hidden = true;
  for (const file of pictures) {
    const item = made("li");
    const frame = made("div");
    const image = made("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    image.onload = () => URL.revokeObjectURL(image.src);
    image.onerror = () => image.remove();
    frame.append(image);
    const answer = made("div");
    answer.append(made("h3", file.name || "From the camera"));
    answer.append(made("p", "Waiting …", "faint"));
    item.append(frame, answer);
    of("list").prepend(item);
    waiting.push({ file, answer });
  }
  tell();
  work();
}

function work() {
  while (running < TOGETHER && waiting.length) {
    running += 1;
    answer(waiting.shift()).finally(() => {
      running -= 1;
      tell();
      work();
    });
  }
}

async function answer({ file, answer: place }) {
  const most = Number(document.body.dataset.megabytes);
  if (file.size > most * 2 ** 20) {
    show(place, `The file is larger than ${most} MiB.`);
    return;
  }
  const name = of("model").value;
  const path = name
    ? `/models/${encodeURIComponent(name)}/classify`
    : "/classify";
  try {
    for (let turn = 0; turn < PATIENCE; turn += 1) {
      const form = new FormData();
      form.append("file", file, file.name || "camera.jpg");
      const { status, wait, said } = await asked(path, {
        method: "POST",
        body: form,
      });
      if (status === 503) {
        await pause(Number(wait) || 1);
        continue;
      }
      const found = said.answers ? said.answers[0] : said;
      show(place, found.error || "", found.predictions);
      if (!found.error) offerHeat(file, place, name);
      return;
    }
    show(place, "The server has too much to do. Try it again later.");
  } catch {
    show(place, "The server cannot be reached.");
  }
}

function offerHeat(file, place, name) {
  const option = of("model").selectedOptions[0];
  if (!option || !option.dataset.heat) return;
  const button = made("button", "Show where it looks");
  button.type = "button";
  button.onclick = async () => {
    button.disabled = true;
    const answer = await fetch(`/models/${encodeURIComponent(name)}/heat`, {
      method: "POST",
      body: file,
      headers: { ...authorized(), "Content-Type": "application/octet-stream" },
    }).catch(() => undefined);
    if (!answer || !answer.ok) {
      button.disabled = false;
      button.textContent = "It could not be drawn. Try again";
      return;
    }
    const image = made("img");
    const said = decodeURIComponent(answer.headers.get("X-Class"));
    image.alt = `What the model sees; bright is where it sees ${said}`;
    image.src = URL.createObjectURL(await answer.blob());
    image.onload = () => URL.revokeObjectURL(image.src);
    place.parentElement.firstChild.append(image);
    button.remove();
  };
  place.append(button);
}

function show(place, problem, predictions = []) {
  place.lastChild.remove();
  if (problem) {
    failed += 1;
    place.append(made("p", problem, "bad"));
    return;
  }
  done += 1;
  if (!predictions.length) {
    place.append(made("p", "None of its classes."));
    return;
  }
  const table = made("table");
  table.append(made("caption", "Classes, the likeliest first"));
  for (const each of predictions) {
    const percent = `${(100 * each.probability).toFixed(1)} %`;
    const row = made("tr", undefined, each.said === false ? "unlikely" : "");
    const name = made("th", each.class);
    name.scope = "row";
    const bar = made("div", undefined, "bar");
    bar.setAttribute("aria-hidden", "true");
    const part = made("span");
    part.style.width = percent.replace(" ", "");
    bar.append(part);
    name.append(bar);
    row.append(name, made("td", percent, "likely"));
    table.append(row);
  }
  place.append(table);
}

function tell() {
  const left = waiting.length + running;
  const bad = failed ? `, ${failed} not answered` : "";
  of("status").textContent = left
    ? `${done} answered${bad}, ${left} to come`
    : done + failed
      ? `${done} answered${bad}`
      : "";
}

function readyCamera() {
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return;
  const video = of("video");
  of("camera").hidden = false;
  of("camera").onclick = async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment" },
      });
      await video.play();
      of("live").hidden = false;
      of("shoot").focus();
    } catch (error) {
      of("status").textContent = `The camera cannot be used: ${error.message}`;
    }
  };
  of("stop").onclick = () => {
    for (const track of video.srcObject.getTracks()) track.stop();
    of("live").hidden = true;
    of("camera").focus();
  };
  of("shoot").onclick = () => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => blob && take([blob]), "image/jpeg", 0.92);
  };
}

of("form").onsubmit = (event) => event.preventDefault();
of("model").onchange = tellModel;
of("files").onchange = (event) => {
  take(event.target.files);
  event.target.value = "";
};
if (of("token")) of("token").onchange = listModels;
const drop = of("drop");
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  take(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => take(event.clipboardData.files));
readyCamera();
listModels();
