// chance.mjs: random choices that a seed repeats.

export class Chance {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** 0 … 1, mulberry32. */
  number() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(n) {
    return Math.floor(this.number() * n);
  }

  happens(probability) {
    return this.number() < probability;
  }

  /** One of a list; undefined of an empty one. */
  of(list) {
    return list[this.below(list.length)];
  }

  /** One of [[weight, value], …]. */
  weighted(choices) {
    let left = this.number() * choices.reduce((sum, [weight]) => sum + weight, 0);
    return choices.find(([weight]) => (left -= weight) < 0)[1];
  }

  /** A new one that goes its own way. */
  fork() {
    return new Chance(this.below(2 ** 32));
  }
}
