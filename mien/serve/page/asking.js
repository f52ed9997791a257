// Requests to this server. An answer is `{ answer }` or `{ error }`, a sentence for people; nothing is thrown.
const TRIES = 5;
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export const ask = async (picture, { faces, minAccuracy, explain }) => {
  const query = new URLSearchParams({ faces });
  if (minAccuracy) query.set("min_accuracy", minAccuracy);
  if (explain) query.set("explain", "true");
  for (let attempt = 1; ; attempt += 1) {
    let response;
    let said;
    try {
      response = await fetch(`v1/predict?${query}`, { method: "POST", body: picture });
      said = await response.json();
    } catch {
      return { error: "The server does not answer. It may have been stopped.", isGone: true };
    }
    if (response.ok) return { answer: said };
    if (response.status !== 503 || attempt === TRIES) return { error: sentence(said.error) };
    await wait(1000 * Number(response.headers.get("Retry-After") ?? 1));
  }
};

export const sentence = ({ reason, detail }) => {
  const words = {
    not_an_image: "This is not an image.",
    unsupported: "Images of this format are not supported.",
    truncated: "The image is cut off.",
    corrupt: "The image is damaged.",
    empty: "The file is empty.",
    no_file: "The file is empty.",
    too_large: "The image has too many pixels.",
    file_too_large: "The file is too large.",
    body_too_large: "The file is too large.",
    decoder_crash: "The image crashes its decoder.",
    too_many_faces: "There are too many faces.",
    busy: "The server is busy.",
  }[reason];
  const rest = detail && detail !== reason.replaceAll("_", " ") ? detail : "";
  if (!words) return rest || reason;
  return rest ? `${words} (${rest})` : words;
};

export const aboutModel = async () => {
  const response = await fetch("v1/model");
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
};
