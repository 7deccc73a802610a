#include "server/rpc/reflection.h"

#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"

namespace nbo::server {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;

// The file and all that it imports, each once, what is imported after what imports it.
void AddFiles(const FileDescriptor* file, std::set<const FileDescriptor*>* seen, rpc::v1::ReflectedFiles* out) {
  if (!seen->insert(file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  out->add_file_descriptors(proto.SerializeAsString());
  for (int i = 0; i < file->dependency_count(); ++i) AddFiles(file->dependency(i), seen, out);
}

// One question after the other.
class ReflectionStream final : public StreamHandler {
 public:
  ReflectionStream(const MethodTable* table, StreamCall* call) : table_(table), call_(call) { call_->Read(); }

  void OnMessage(absl::string_view message) override {
    rpc::v1::ReflectionRequest request;
    if (absl::Status s = ParseMessage(message, &request); !s.ok()) return call_->Finish(s);
    call_->Write(Reflect(*table_, request));
  }
  void OnInputEnd() override { call_->Finish(absl::OkStatus()); }
  void OnWritten(bool ok) override {
    if (ok) return call_->Read();
    call_->Finish(absl::CancelledError("the client is gone"));
  }
  void OnDone() override { delete this; }

 private:
  const MethodTable* const table_;
  StreamCall* const call_;
};

}  // namespace

rpc::v1::ReflectionResponse Reflect(const MethodTable& table, const rpc::v1::ReflectionRequest& request) {
  rpc::v1::ReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const FileDescriptor* file = nullptr;
  switch (request.question_case()) {
    case rpc::v1::ReflectionRequest::kListServices: {
      std::set<std::string> names;
      for (const auto& [path, method] : table.methods()) {
        if (method.descriptor != nullptr) names.insert(method.descriptor->service()->full_name());
      }
      for (const std::string& name : names) response.mutable_services()->add_services()->set_name(name);
      return response;
    }
    case rpc::v1::ReflectionRequest::kFileByFilename: file = pool.FindFileByName(request.file_by_filename()); break;
    case rpc::v1::ReflectionRequest::kFileContainingSymbol:
      file = pool.FindFileContainingSymbol(request.file_containing_symbol());
      break;
    default: break;
  }
  if (file != nullptr) {
    std::set<const FileDescriptor*> seen;
    AddFiles(file, &seen, response.mutable_files());
    return response;
  }
  const bool is_asked = request.question_case() != rpc::v1::ReflectionRequest::QUESTION_NOT_SET;
  response.mutable_error()->set_code(
      static_cast<int>(is_asked ? absl::StatusCode::kNotFound : absl::StatusCode::kUnimplemented));
  response.mutable_error()->set_message(is_asked ? "not found" : "this question is not answered here");
  return response;
}

void AddReflection(MethodTable* table) {
  for (const char* version : {"v1", "v1alpha"}) {
    RpcMethod method;
    method.open = [table](StreamCall* call) { return new ReflectionStream(table, call); };
    table->Add(absl::StrCat("/grpc.reflection.", version, ".ServerReflection/ServerReflectionInfo"), std::move(method));
  }
}

}  // namespace nbo::server
