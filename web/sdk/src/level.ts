/**
 * How loud a microphone is, 0…1, about 15 times a second. Needs a person's gesture in some browsers; silent until then.
 */
export class LevelMeter {
  readonly #context = new AudioContext();
  readonly #source: MediaStreamAudioSourceNode;
  readonly #analyser: AnalyserNode;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #track: MediaStreamTrack;

  constructor(track: MediaStreamTrack, onLevel: (level: number) => void) {
    // A clone keeps measuring while the sent track is muted, so that the app can say "you are muted".
    this.#track = track.clone();
    this.#track.enabled = true;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([this.#track]));
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#source.connect(this.#analyser);
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#timer = setInterval(() => {
      this.#analyser.getFloatTimeDomainData(samples);
      onLevel(loudness(samples));
    }, 66);
    void this.#context.resume().catch(() => undefined);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#source.disconnect();
    this.#track.stop();
    void this.#context.close().catch(() => undefined);
  }
}

/** Root mean square on a scale where -60 dB is 0 and -10 dB is 1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const s of samples) sum += s * s;
  const db = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, (db + 60) / 50));
}
