// Loaded before Waline. It asks an outside host who signs people in, on every request: answered here, in its process,
// so that nothing leaves the machine and Waline is not slowed by it. And it listens on loopback alone.
const net = require('node:net');

globalThis.fetch = async () => new Response('{"services": []}', { headers: { 'content-type': 'application/json' } });

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  const callback = rest.find((each) => typeof each === 'function');
  return Number(port) ? listen.call(this, Number(port), '127.0.0.1', callback) : listen.call(this, port, ...rest);
};
