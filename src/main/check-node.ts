/** The first import of every entry point: under an older Node the rest dies without a word. */
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `hawser: Node.js ${process.versions.node} is too old, 24 is needed. Start ./hawser, which finds one.\n`,
  );
  process.exit(2);
}
