// Asks a server about itself through gRPC reflection and prints the answers as one JSON object.
// Usage: node reflect.mjs <host:port> <folder of protos> <v1|v1alpha> <request as JSON>...
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const [address, folder, version, ...requests] = process.argv.slice(2);
const definition = protoLoader.loadSync(join(folder, `grpc/reflection/${version}/reflection.proto`), { oneofs: true });
const service = grpc.loadPackageDefinition(definition).grpc.reflection[version].ServerReflection;
const client = new service(address, grpc.credentials.createInsecure());
const call = client.ServerReflectionInfo();
const answers = [];
call.on("data", (answer) => answers.push(answer));
call.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
call.on("end", () => {
  console.log(JSON.stringify(answers, (_, value) => (value?.type === "Buffer" ? Buffer.from(value.data).toString("base64") : value)));
  client.close();
});
for (const request of requests) call.write(JSON.parse(request));
call.end();
