#include "server/rpc/methods.h"

#include <cstdio>
#include <cstdlib>

namespace nbo::server {

const google::protobuf::MethodDescriptor* ServiceMethods::Describe(const char* name) const {
  const auto* found =
      google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(absl::StrCat(service_, ".", name));
  if (found != nullptr) return found;
  std::fprintf(stderr, "%s.%s is in no proto\n", service_.c_str(), name);
  std::abort();
}

void ServiceMethods::AddUnary(const char* name, size_t max_bytes,
                              std::function<void(const std::shared_ptr<UnaryCall>&)> run) {
  table_->Add(absl::StrCat("/", service_, "/", name), {Describe(name), max_bytes, std::move(run), nullptr});
}

void ServiceMethods::AddStream(const char* name, std::function<StreamHandler*(StreamCall*)> open) {
  table_->Add(absl::StrCat("/", service_, "/", name), {Describe(name), kMaxMessageBytes, nullptr, std::move(open)});
}

}  // namespace nbo::server
