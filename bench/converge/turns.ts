/**
 * Loaded into a server beside its own program: tells, when asked, how long the longest turn of its event loop was.
 * In processor time: with others on the same cores, a wall clock would tell of them.
 */
const period = 2;

let longest = 0;
let last = process.threadCpuUsage();
setInterval(() => {
  const now = process.threadCpuUsage();
  longest = Math.max(longest, now.user - last.user + now.system - last.system);
  last = now;
}, period).unref();

process.on('message', (word) => {
  // Milliseconds since it was asked last.
  if (word === 'turns') process.send?.({ longest: longest / 1000 });
  longest = 0;
});
process.channel?.unref();
// A bench that was interrupted leaves no server behind.
process.on('disconnect', () => process.exit());
