// The facade as a browser's client library sees it: connect-web over gRPC-web, code generated from our protos.
// usage: node connect-web.mjs <address> <folder of generated code>; prints one JSON object.
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [address, generated] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(generated, file)));
const { QuoteService } = await load("pricing/quoting/v1/quote_pb.js");
const { ModelService } = await load("pricing/quoting/v1/model_pb.js");
const { ErrorInfoSchema, RetryInfoSchema } = await load("google/rpc/error_details_pb.js");

const quotes = createClient(QuoteService, createGrpcWebTransport({ baseUrl: address }));
const seen = {};

// Unary, with metadata both ways, binary included.
const unary = await quotes.getQuote(
  { name: "partners/local/quotes/q-1" },
  {
    headers: { "x-order": "17", "x-raw-bin": "AP8K" },
    onHeader: (headers) => (seen.header = headers.get("x-back")),
    onTrailer: (trailers) => {
      seen.trailer = trailers.get("x-last");
      seen.trailerBinary = trailers.get("x-end-bin");
    },
  },
);
seen.name = unary.name;
seen.quantity = unary.quantities[1].toString();
seen.total = unary.prices[0].total.amount;

// Server streaming, to the end.
seen.events = [];
for await (const response of quotes.watchQuote({ name: "partners/local/quotes/q-1" })) seen.events.push(response.event.case);

// A refusal with details, before any message.
seen.refusal = await refusalOf(() => quotes.getQuote({ name: "partners/local/quotes/missing" }));

// A refusal with details, after messages.
seen.before = [];
seen.lateRefusal = await refusalOf(async () => {
  for await (const response of quotes.watchQuote({ name: "partners/local/quotes/breaks" })) seen.before.push(response.event.case);
});

// A deadline.
seen.deadline = await refusalOf(() => quotes.getQuote({ name: "partners/local/quotes/slow" }, { timeoutMs: 300 }));

// A method nobody offers outside. The library refuses client streaming itself, so the path is called as unary.
const unaryUpload = { ...ModelService.method.uploadModel, methodKind: "unary" };
const models = createClient(
  { ...ModelService, method: { uploadModel: unaryUpload }, methods: [unaryUpload] },
  createGrpcWebTransport({ baseUrl: address }),
);
seen.streamingUp = await refusalOf(() => models.uploadModel({}));

// A caller that stops listening.
const controller = new AbortController();
seen.aborted = await refusalOf(async () => {
  for await (const _ of quotes.watchQuote({ name: "partners/local/quotes/forever" }, { signal: controller.signal })) controller.abort();
});

console.log(JSON.stringify(seen));

async function refusalOf(call) {
  try {
    await call();
    return null;
  } catch (error) {
    const refused = ConnectError.from(error);
    const [info] = refused.findDetails(ErrorInfoSchema);
    const [retry] = refused.findDetails(RetryInfoSchema);
    return {
      code: Code[refused.code],
      message: refused.rawMessage,
      reason: info?.reason,
      field: info?.metadata?.field,
      retrySeconds: retry ? Number(retry.retryDelay.seconds) : undefined,
    };
  }
}
