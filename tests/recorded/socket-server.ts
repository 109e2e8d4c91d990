import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** Takes WebSockets over TLS on loopback, as a server takes its agents'. */
export class SocketServer {
  readonly #https: Server;
  readonly #sockets = new Set<WebSocket>();

  private constructor(https: Server) {
    this.#https = https;
  }

  /** `accepted` is told of each connection, with the path it asks for. */
  static async open(
    certificate: Certificate,
    accepted: (socket: WebSocket, path: string) => void,
  ): Promise<SocketServer> {
    const https = createServer({ ...certificate });
    const server = new SocketServer(https);
    new WebSocketServer({ server: https }).on('connection', (socket, { url = '/' }) => {
      server.#sockets.add(socket);
      accepted(socket, url);
    });
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#https.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
    this.#https.close();
  }
}
