// The expression model of the npm package @vladmandic/human, run by Node.js with @tensorflow/tfjs and tfjs-backend-wasm.
//
//     node benchmarks/peer_models/human_package.mjs IMAGES.npy SCORES.json FOLDER
//
// Reads N×S×S×3 images (uint8, RGB) and writes `scores` (N×K), `classes` (the package's names, in the order of its outputs) and `version`.
// FOLDER contains node_modules with these packages. Each image is one face and is fed whole: no face is detected. Everything else is the
// package's own preparation (src/gear/emotion.ts of version 3.3.6): bilinear resizing to the network's input, grey levels, and -1 to 1.

import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const CLASSES = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'];
const GREY = [0.2989, 0.5870, 0.1140];
const BATCH_SIZE = 64;

const [source, target, folder] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(folder), 'package.json'));
const tf = require('@tensorflow/tfjs');
require('@tensorflow/tfjs-backend-wasm');
const home = path.join(path.resolve(folder), 'node_modules', '@vladmandic', 'human');

// The shape and the bytes of an array of version 1.0 of NumPy's format.
function readArray(file) {
  const content = fs.readFileSync(file);
  const begin = 10 + content.readUInt16LE(8);
  const header = content.subarray(10, begin).toString('latin1');
  if (!header.includes("'descr': '|u1'") || !header.includes("'fortran_order': False")) throw new Error(`unknown array ${header}`);
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(',').map(Number);
  return { shape, bytes: content.subarray(begin) };
}

async function loadNetwork() {
  const model = JSON.parse(fs.readFileSync(path.join(home, 'models', 'emotion.json'), 'utf8'));
  const weights = model.weightsManifest.flatMap((group) => group.paths.map((name) => fs.readFileSync(path.join(home, 'models', name))));
  const all = Buffer.concat(weights);
  return tf.loadGraphModel({
    load: async () => ({
      modelTopology: model.modelTopology,
      weightSpecs: model.weightsManifest.flatMap((group) => group.weights),
      weightData: all.buffer.slice(all.byteOffset, all.byteOffset + all.length),
      signature: model.userDefinedMetadata?.signature,
      format: model.format,
    }),
  });
}

await tf.setBackend('wasm'); // fifty times as fast as plain JavaScript
const network = await loadNetwork();
const side = network.inputs[0].shape[2];
const { shape: [num, height, width, channels], bytes } = readArray(source);
const size = height * width * channels;
const scores = [];
for (let start = 0; start < num; start += BATCH_SIZE) {
  const count = Math.min(BATCH_SIZE, num - start);
  const batch = tf.tidy(() => {
    const images = tf.tensor4d(new Uint8Array(bytes.subarray(start * size, (start + count) * size)), [count, height, width, channels]).div(255);
    const resized = tf.image.resizeBilinear(images, [side, side], false);
    return network.execute(resized.mul(GREY).sum(3, true).sub(0.5).mul(2)).arraySync();
  });
  scores.push(...batch);
}
const version = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8')).version;
fs.writeFileSync(target, JSON.stringify({ scores, classes: CLASSES, version }));
