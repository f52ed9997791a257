// The camera: frames are sent one at a time, the next when the answer has come, and only while the page is visible.
import { ask } from "./asking.js";

const SIDE_PX = 640; // larger frames would be reduced by the server
const QUALITY = 0.92;

const REFUSED = {
  NotAllowedError: "The camera is not allowed. Allow it for this page in the browser and try again.",
  NotFoundError: "There is no camera.",
  NotReadableError: "The camera is in use by another program.",
};

export class Camera {
  #video;
  #stream = null;
  #devices = [];
  #run = 0;

  constructor(video) {
    this.#video = video;
  }

  get isOn() {
    return this.#stream !== null;
  }

  get hasOther() {
    return this.#devices.length > 1;
  }

  get facesUser() {
    return this.#stream?.getVideoTracks()[0]?.getSettings().facingMode !== "environment";
  }

  // Starts it; returns what went wrong, or an empty text.
  async start(deviceId = null) {
    if (!navigator.mediaDevices) return "This browser gives the camera only to pages at localhost or with https.";
    this.stop();
    const run = this.#run;
    try {
      const wanted = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" };
      const stream = await navigator.mediaDevices.getUserMedia({ video: { ...wanted, width: { ideal: SIDE_PX } }, audio: false });
      if (run !== this.#run) { // stopped meanwhile
        for (const track of stream.getTracks()) track.stop();
        return "";
      }
      this.#stream = stream;
      this.#video.srcObject = stream;
      await this.#video.play();
      this.#devices = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    } catch (error) {
      this.stop();
      return REFUSED[error.name] ?? `The camera does not start (${error.name}).`;
    }
    return "";
  }

  other() {
    const now = this.#stream?.getVideoTracks()[0]?.getSettings().deviceId;
    const place = this.#devices.findIndex((device) => device.deviceId === now);
    return this.start(this.#devices[(place + 1) % this.#devices.length].deviceId);
  }

  stop() {
    this.#run += 1;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }

  // Calls `show` with each answer until the camera stops; `settings()` gives the choices of the moment.
  async answer(settings, show) {
    const run = this.#run;
    const canvas = document.createElement("canvas");
    while (run === this.#run) {
      await new Promise(requestAnimationFrame); // which waits while the page is hidden
      if (!this.#video.videoWidth) continue;
      const began = performance.now();
      const answered = await ask(await this.#frame(canvas), settings());
      if (run === this.#run) show(answered, performance.now() - began);
    }
  }

  #frame(canvas) {
    const scale = Math.min(1, SIDE_PX / Math.max(this.#video.videoWidth, this.#video.videoHeight));
    canvas.width = Math.round(scale * this.#video.videoWidth);
    canvas.height = Math.round(scale * this.#video.videoHeight);
    canvas.getContext("2d").drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", QUALITY); });
  }
}
