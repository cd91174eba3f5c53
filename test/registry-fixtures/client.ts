/** A plain client for looking at what the fixtures' servers send, byte by byte. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether everything came that was announced. */
  readonly complete: boolean;
}

export interface Wishes {
  readonly ca?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Hangs up after that many bytes of the body. */
  readonly enough?: number;
  /** Hangs up after that many milliseconds. */
  readonly patienceMs?: number;
}

/** Asks once, following nothing. Rejects where no answer begins, with node's own error. */
export async function get(url: string, wishes: Wishes = {}): Promise<Reply> {
  const { enough = Number.POSITIVE_INFINITY, patienceMs, ca, headers = {} } = wishes;
  const begin = url.startsWith("https:") ? httpsRequest : httpRequest;
  return await new Promise((resolve, reject) => {
    const request = begin(url, { agent: false, headers, ...(ca === undefined ? {} : { ca }) });
    const patience = patienceMs && setTimeout(() => request.destroy(new Error("out of patience")), patienceMs);
    request.on("close", () => clearTimeout(patience));
    let begun = false;
    request.on("error", (error) => begun || reject(error));
    request.on("response", (response) => {
      begun = true;
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length >= enough) request.destroy();
      });
      response.on("error", () => {});
      response.on("close", () => {
        const { statusCode = 0, complete } = response;
        resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(chunks), complete });
      });
    });
    request.end();
  });
}

/** The same, for an answer that is JSON. */
export async function getJson<Shape>(url: string, wishes: Wishes = {}): Promise<Shape> {
  const { body } = await get(url, wishes);
  return JSON.parse(body.toString("utf8")) as Shape;
}
