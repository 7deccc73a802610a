// The API's descriptors, as protoc reads them, for the official clients: no generated code.
import { fromBinary } from '@bufbuild/protobuf';
import { createFileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './nbod.mjs';

export function loadApi(directory) {
  const protos = readdirSync(join(ROOT, 'proto/nbo/v1')).filter((name) => name.endsWith('.proto'));
  const file = join(directory, 'api.binpb');
  const args = ['-I', join(ROOT, 'proto'), '--include_imports', `--descriptor_set_out=${file}`];
  execFileSync('protoc', [...args, ...protos.map((name) => `nbo/v1/${name}`)]);
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(file)));
}
