// Puts a finished build in the place of the one before: a server that is serving it never sees half of one.
import { rename, rm } from "node:fs/promises";

const [fresh, place] = process.argv.slice(2);
const old = `${place}.old`;
await rm(old, { recursive: true, force: true });
await rename(place, old).catch((error) => {
  if (error.code !== "ENOENT") throw error;
});
await rename(fresh, place);
await rm(old, { recursive: true, force: true });
