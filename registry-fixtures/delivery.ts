/** How an answer travels to the client: honestly, or in one of the ways in which networks and servers fail. */
import type { ServerResponse } from "node:http";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Writes the answer, or something else in its place. `path` is the request's, as the client sent it. */
export type Delivery = (answer: Answer, response: ServerResponse, path: string) => void;

const PIECE = 64;
const PADDING = Buffer.alloc(64 * 1024, " ");

export function jsonAnswer(value: unknown, status = 200): Answer {
  return { status, type: "application/json", body: Buffer.from(JSON.stringify(value)) };
}

/** As it should be. */
export const honestly: Delivery = (answer, response) => {
  announce(response, answer, answer.body.length);
  response.end(answer.body);
};

/** Pieces of 64 bytes, one every so many milliseconds; never a silence longer than that. */
export function slowly(msPerChunk: number): Delivery {
  return (answer, response) => {
    announce(response, answer, answer.body.length);
    let sent = 0;
    const timer = setInterval(() => {
      response.write(answer.body.subarray(sent, sent + PIECE));
      sent += PIECE;
      if (sent < answer.body.length) return;
      clearInterval(timer);
      response.end();
    }, msPerChunk);
    response.on("close", () => clearInterval(timer));
  };
}

/** The whole body, and after it spaces as fast as the client takes them, until it hangs up. No length announced. */
export const endlessly: Delivery = (answer, response) => {
  announce(response, answer, null);
  response.write(answer.body);
  const more = () => {
    while (!response.destroyed && response.write(PADDING));
  };
  response.on("drain", more);
  more();
};

/** The right length announced, the connection broken after so many bytes of the body. */
export function brokenAfter(bytes: number): Delivery {
  return (answer, response) => {
    announce(response, answer, answer.body.length);
    response.write(answer.body.subarray(0, bytes), () => response.destroy());
  };
}

/** The whole body under a content-length that is too large (positive) or too small (negative) by so many bytes. */
export function misannounced(difference: number): Delivery {
  return (answer, response) => {
    announce(response, answer, answer.body.length + difference, { connection: "close" });
    response.end(answer.body);
  };
}

/** So many bytes of the body, then silence on an open connection; without a number not even a header comes. */
export function silentAfter(bytes: number | null): Delivery {
  return (answer, response) => {
    if (bytes === null) return;
    announce(response, answer, answer.body.length);
    response.write(answer.body.subarray(0, bytes));
  };
}

/** Somewhere else: an address, or a function that makes one from the path that was asked for. */
export function redirected(to: string | ((path: string) => string), status: number): Delivery {
  return (_answer, response, path) => {
    const location = typeof to === "string" ? to : to(path);
    honestly({ status, type: "text/plain", body: Buffer.alloc(0), headers: { location } }, response, path);
  };
}

/** Another answer, whatever was asked. */
export function replacedBy(other: Answer): Delivery {
  return (_answer, response, path) => honestly(other, response, path);
}

function announce(
  response: ServerResponse,
  answer: Answer,
  length: number | null,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(answer.status, {
    "content-type": answer.type,
    ...(length === null ? {} : { "content-length": length }),
    ...answer.headers,
    ...more,
  });
}
