// A gRPC client that shares no code with .NET: calls the probe service and prints what it saw as one JSON object.
// Usage: node probe-client.mjs <host:port> <folder of probe.proto>
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const [address, folder] = process.argv.slice(2);
const definition = protoLoader.loadSync(join(folder, "probe.proto"), { longs: Number, defaults: true });
const { probe } = grpc.loadPackageDefinition(definition);
const client = new probe.v1.Probe(address, grpc.credentials.createInsecure());
// Compression algorithm 2 is gzip.
const zipping = new probe.v1.Probe(address, grpc.credentials.createInsecure(), { "grpc.default_compression_algorithm": 2 });

const unary = (method, request, { from = client, metadata = new grpc.Metadata(), ...options } = {}) =>
  new Promise((resolve) => {
    const result = {};
    const call = from[method](request, metadata, options, (error, answer) => Object.assign(result, { error, answer }));
    call.on("metadata", (headers) => (result.headers = headers));
    call.on("status", (status) => resolve({ ...result, ...status }));
  });

const readAll = (call) =>
  new Promise((resolve, reject) => {
    const numbers = [];
    call.on("data", (answer) => numbers.push(answer.number));
    call.on("end", () => resolve(numbers));
    call.on("error", reject);
  });

const sum = () =>
  new Promise((resolve, reject) => {
    const call = client.Sum((error, answer) => (error ? reject(error) : resolve(answer.number)));
    for (let number = 1; number <= 100; number++) call.write({ number });
    call.end();
  });

const chat = () => {
  const call = client.Chat();
  const numbers = readAll(call);
  for (const number of [1, 2, 3]) call.write({ number });
  call.end();
  return numbers;
};

const binary = new grpc.Metadata();
binary.set("blob-bin", Buffer.from([0, 127, 128, 255]));

const echo = await unary("Echo", { text: "hi", number: 7 }, { metadata: binary });
const rich = await unary("Fail", { text: "rich" });
const zipped = await unary("Echo", { payload: Buffer.alloc(1 << 20) }, { from: zipping });

console.log(
  JSON.stringify({
    echo: echo.answer.text,
    headerBlob: [...echo.headers.get("blob-bin")[0]],
    trailerBlob: [...echo.metadata.get("blob-bin")[0]],
    sum: await sum(),
    count: await readAll(client.Count({ number: 5 })),
    chat: await chat(),
    richCode: rich.code,
    richDetails: rich.metadata.get("grpc-status-details-bin")[0].toString("base64"),
    bugCode: (await unary("Fail", { text: "bug" })).code,
    missingCode: (await unary("Missing", {})).code,
    deadlineCode: (await unary("Hang", {}, { deadline: Date.now() + 300 })).code,
    tooLargeCode: (await unary("Echo", { payload: Buffer.alloc(3 << 20) })).code,
    zippedBytes: zipped.answer.payload.length,
  }),
);
client.close();
zipping.close();
