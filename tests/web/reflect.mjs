// Asks a server about itself through gRPC reflection and prints the answers as one JSON array.
// Usage: node reflect.mjs <host:port> <v1|v1alpha> <request as JSON>...
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const [address, version, ...requests] = process.argv.slice(2);
const file = fileURLToPath(new URL("../../protos/grpc/reflection/v1/reflection.proto", import.meta.url));
const definition = protoLoader.loadSync(file, { keepCase: false, oneofs: true, arrays: true });
const method = definition["grpc.reflection.v1.ServerReflection"].ServerReflectionInfo;
// v1alpha has the messages of v1 under another service name.
const path = method.path.replace("grpc.reflection.v1.", `grpc.reflection.${version}.`);
const Service = grpc.makeGenericClientConstructor({ ServerReflectionInfo: { ...method, path } });
const client = new Service(address, grpc.credentials.createInsecure());

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const camelKeys = (value) =>
  typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [camel(key), camelKeys(inner)])) : value;

const call = client.ServerReflectionInfo();
const answers = [];
call.on("data", (answer) => answers.push(answer));
call.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
  client.close();
});
call.on("end", () => {
  // A Buffer turns itself into { type, data } before the replacer sees it.
  console.log(JSON.stringify(answers, (_, value) => (value?.type === "Buffer" ? Buffer.from(value.data).toString("base64") : value)));
  client.close();
});
for (const request of requests) call.write(camelKeys(JSON.parse(request)));
call.end();
