// Puts beside each text of the build what it is sent as: the same compressed by Brotli and by gzip, as small as they can make
// it. The server that embeds the build answers with it, and compresses nothing itself.
import { readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const dist = join(import.meta.dirname, "../../dist");
const texts = /\.(js|css|html|svg|json|webmanifest)$/;
// One packet anyway.
const smallest = 1_000;

const inBrotli = (text) =>
  promisify(brotliCompress)(text, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
const inGzip = (text) => promisify(gzip)(text, { level: constants.Z_BEST_COMPRESSION });

async function compress(file) {
  const text = await readFile(file);
  if (text.length < smallest) {
    return;
  }
  const [brotli, gzipped] = await Promise.all([inBrotli(text), inGzip(text)]);
  await Promise.all([writeFile(`${file}.br`, brotli), writeFile(`${file}.gz`, gzipped)]);
}

await Promise.all(
  readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && texts.test(entry.name))
    .map((entry) => compress(join(entry.parentPath, entry.name))),
);
