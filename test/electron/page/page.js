// A page for tests of the shell: speaks the contract over its port as the real one does, and keeps what it hears.
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';

const heard = { sentences: [], ports: 0, ends: 0 };
globalThis.heard = heard;

/** Asks the shell for a port, and puts a client on it into `client`. */
globalThis.connect = () =>
  new Promise((resolve) => {
    const receive = ({ data, ports, source, origin }) => {
      if (data !== 'mailward:port' || source !== window || origin !== location.origin) return;
      window.removeEventListener('message', receive);
      heard.ports += 1;
      const [port] = ports;
      const link = new RPCLink({ port });
      port.addEventListener('close', () => {
        heard.ends += 1;
      });
      port.start();
      globalThis.client = createORPCClient(link);
      resolve();
    };
    window.addEventListener('message', receive);
    window.postMessage('mailward:ask-port', location.origin);
  });

globalThis.follow = async () => {
  for await (const { sentence } of await globalThis.client.live.overview()) heard.sentences.push(sentence);
};

/** Whether the page's policy lets a string become code. */
globalThis.tryEval = () => {
  try {
    return (0, eval)('"ran"');
  } catch (error) {
    return error.name;
  }
};
