"use strict";
const byId = name => document.getElementById(name);
const say = text => { byId("state").textContent = text; };

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const opened = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(opened).arrayBuffer());
}

async function start() {
  // A page that is a file may load no module, save those it makes itself.
  const glue = new Blob(
    [await unpacked(RUNTIME.glue)], {type: "text/javascript"});
  ort.env.wasm.wasmPaths = {mjs: URL.createObjectURL(glue)};
  ort.env.wasm.wasmBinary = (await unpacked(RUNTIME.wasm)).buffer;
  // More need headers that only a server sends.
  ort.env.wasm.numThreads = 1;
  const model = await ort.InferenceSession.create(await unpacked(MODEL.onnx));
  say("ready");
  return model;
}

async function pixelsOf(file) {
  // Turned as its EXIF says; of any size, for the model resizes it itself.
  const picture = await createImageBitmap(
    file, {colorSpaceConversion: "none"});
  const canvas = byId("seen");
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.hidden = false;
  const context = canvas.getContext("2d", {willReadFrequently: true});
  context.drawImage(picture, 0, 0);
  const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
  const rgb = new Uint8Array(data.length / 4 * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    rgb[to++] = data[from];
    rgb[to++] = data[from + 1];
    rgb[to++] = data[from + 2];
  }
  return new ort.Tensor("uint8", rgb, [1, canvas.height, canvas.width, 3]);
}

function show(answers) {
  const order = answers.map((_, i) => i)
    .sort((a, b) => answers[b] - answers[a]);
  const rows = order.slice(0, 5).map(i => {
    const row = document.createElement("tr");
    for (const text of [MODEL.names[i], answers[i].toFixed(4)])
      row.appendChild(document.createElement("td")).textContent = text;
    return row;
  });
  byId("answers").hidden = false;
  byId("answers").tBodies[0].replaceChildren(...rows);
}

const ready = start();
ready.catch(error => say(`this browser cannot run it: ${error.message}`));
// One picture after the other: a session answers one at a time.
let last = ready;
function look(file) {
  if (!file) return;
  byId("answers").hidden = true;
  say("looking …");
  last = last.catch(() => {}).then(async () => {
    const model = await ready;
    const found = await model.run({pixels: await pixelsOf(file)});
    show(Array.from(found[MODEL.answer].data));
    say("done");
  });
  last.catch(error => say(`this picture cannot be read: ${error.message}`));
}

const drop = byId("drop");
byId("file").onchange = event => look(event.target.files[0]);
drop.ondragover = event => {
  event.preventDefault();
  drop.className = "over";
};
drop.ondragleave = () => { drop.className = ""; };
drop.ondrop = event => {
  event.preventDefault();
  drop.className = "";
  look(event.dataTransfer.files[0]);
};
